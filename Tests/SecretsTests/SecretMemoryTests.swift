import CLinux
import Contract
import Linux
import TestSupport
import Testing

@testable import Secrets

/// The pattern of hostile_server.py, made byte by byte: it is in none of our own memory.
private func patternByte(_ index: Int) -> UInt8 {
    let byte = UInt8(48 + (index * index * 7 + 11 * index) % 70)
    return byte == UInt8(ascii: "\\") ? UInt8(ascii: "_") : byte
}

private let patternLength = 40

private func patternSecret() throws -> SharedSecret {
    var buffer = try SecretBuffer.make(capacity: patternLength)
    buffer.fill { target in
        for index in 0..<patternLength { target[index] = patternByte(index) }
        return patternLength
    }
    return SharedSecret(buffer)
}

/// How many patterns begin in `text`: the first 12 bytes are enough, of a freed one something else may be behind them.
private func countPatterns(in text: UnsafeRawBufferPointer) -> Int {
    var count = 0
    var rest = text
    while rest.count >= 12, let base = rest.baseAddress,
        let start = memchr(base, Int32(patternByte(0)), rest.count - 11).map({ base.distance(to: UnsafeRawPointer($0)) })
    {
        if (1..<12).allSatisfy({ rest[start + $0] == patternByte($0) }) { count += 1 }
        rest = UnsafeRawBufferPointer(rebasing: rest[(start + 1)...])
    }
    return count
}

/// How often the pattern is in memory of this process that can be written: on secret pages, and on others.
private func findPatterns() throws -> (secret: Int, ordinary: Int) {
    let memory = try Descriptor.open("/proc/self/mem", O_RDONLY, stage: "open our memory")
    let smaps = String(decoding: try readFile("/proc/self/smaps", limit: 16 << 20, stage: "read smaps"), as: UTF8.self)
    var chunk = try SecretBuffer.make(capacity: 1 << 20)
    var found = (secret: 0, ordinary: 0)
    var range: Range<UInt>?
    for line in smaps.split(separator: "\n") {
        let words = line.split(separator: " ")
        let bounds = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
        if bounds.count == 2 { range = words[1].hasPrefix("rw") ? bounds[0]..<bounds[1] : nil }
        guard words[0] == "VmFlags:", let mapping = range else { continue }
        var count = 0
        // Parts overlap, so that no pattern is cut.
        for start in stride(from: mapping.lowerBound, to: mapping.upperBound, by: (1 << 20) - 64) {
            let length = min(1 << 20, Int(mapping.upperBound - start))
            chunk.fill { max(pread(memory.raw, $0.baseAddress, length, off_t(start)), 0) }
            count += chunk.withBytes { countPatterns(in: $0) }
            chunk.fill { target in
                target.initializeMemory(as: UInt8.self, repeating: 0)
                return 0
            }
        }
        if words.contains("dd") { found.secret += count } else { found.ordinary += count }
    }
    return found
}

@Suite(.enabled(if: Requirement.program("/usr/sbin/nghttpd"), "nghttpd is missing; install nghttp2-server"))
struct SecretMemoryTests {
    @Test("A token and an answer are on no page but locked ones, and on none when they are done with")
    func pages() async {
        await #expect(processExitsWith: .success) {
            let server = try HostileServer()
            for name in ["http", "right", "http2"] {
                do {
                    let client = try HTTPClient(server.options)
                    let request = HTTPRequest(
                        url: server.url("pattern", of: name), headers: [HTTPHeader("X-Token", secret: try patternSecret())])
                    let value = SharedSecret(try client.send(request).json().root.member("value").secret())
                    let found = try findPatterns()
                    #expect(found.secret >= 2 && found.ordinary == 0, "\(name), while it is used: \(found)")
                    #expect(value.buffer.count == patternLength)
                }
                let left = try findPatterns()
                #expect(left.secret == 0 && left.ordinary == 0, "\(name), after it: \(left)")
            }
        }
    }

    @Test("Over HTTP/2, requests in flight share a connection")
    func shared() async {
        await #expect(processExitsWith: .success) {
            let server = try HostileServer()
            let client = try HTTPClient(server.options)
            var connections: Set<Int> = []
            let requests = [HTTPRequest](repeating: HTTPRequest(url: server.url("ok", of: "http2")), count: 100)
            client.send(requests: requests) { _, result in
                #expect(throws: Never.self) { try result.get() }
                connections.insert(countConnections(to: server.port(of: "http2")))
            }
            // libcurl may open a second one while it does not know yet what the first can do; without sharing there are 16.
            #expect((1...3).contains(connections.max() ?? 0), "\(connections)")
        }
    }
}

/// Connections of this machine to that port, which nobody else uses (proc(5), /proc/net/tcp).
private func countConnections(to port: Int64) -> Int {
    let text = String(decoding: (try? readFile("/proc/self/net/tcp", stage: "read connections")) ?? [], as: UTF8.self)
    return text.split(separator: "\n").count { line in
        let words = line.split(separator: " ")
        return words.count > 3 && words[2].hasSuffix(":" + hexadecimal(port)) && words[3] == "01"
    }
}

private func hexadecimal(_ port: Int64) -> String {
    let digits = String(port, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}
