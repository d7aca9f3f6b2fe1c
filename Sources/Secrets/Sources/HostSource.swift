import CLinux
import Contract
import Linux
import SecretsPlan

/// Variables of the host's environment, which its user allowed by name. They come by a descriptor, one after another:
/// the name, a NUL byte, the value's length and a newline, then the value.
struct HostSource: SecretSource {
    let context: SourceContext

    func fetch(_ items: [PullItem], into delivery: Delivery) {
        var waiting = items
        do throws(Failure) {
            guard let given = context.given else {
                throw Failure(.provider, "it comes from the host's environment; run tazpod pull there")
            }
            while let header = try HostSource.header(given) {
                let value = try HostSource.value(given, length: header.length)
                guard let index = waiting.firstIndex(where: { $0.name == header.name }) else { continue }
                delivery.deliver(waiting.remove(at: index), value)
            }
            throw Failure(.provider, "the host did not send it")
        } catch {
            for item in waiting { delivery.fail(item, error) }
        }
    }

    /// - Returns: nil at the end.
    private static func header(_ descriptor: Int32) throws(Failure) -> (name: String, length: Int)? {
        let line = try readLine(descriptor)
        if line.isEmpty { return nil }
        let parts = line.split(separator: 0, omittingEmptySubsequences: false)
        guard parts.count == 2, let length = Int(String(decoding: parts[1], as: UTF8.self)), length >= 0,
            length <= SecretBuffer.valueLimit
        else { throw Failure(.provider, "what the host sent is not of its form") }
        return (String(decoding: parts[0], as: UTF8.self), length)
    }

    private static func value(_ descriptor: Int32, length: Int) throws(Failure) -> SecretBuffer {
        var value = try SecretBuffer.make(capacity: max(length, 1))
        var done = 0
        value.fill { target in
            while done < length {
                let got = read(descriptor, target.baseAddress.map { $0 + done }, length - done)
                if got <= 0 { break }
                done += got
            }
            return done
        }
        guard done == length else { throw Failure(.provider, "what the host sent ended too early") }
        return value
    }

    private static let longestHeader = 1024

    private static func readLine(_ descriptor: Int32) throws(Failure) -> [UInt8] {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count < longestHeader {
            let got = try failing(.provider) { () throws(SystemError) in
                try retrying("read what the host sent") { read(descriptor, &byte, 1) }
            }
            if got == 0 || byte == UInt8(ascii: "\n") { return line }
            line.append(byte)
        }
        throw Failure(.provider, "what the host sent is not of its form")
    }
}
