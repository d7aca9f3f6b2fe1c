import CCrypto
import CLinux
import Contract
import Linux
import TestSupport
import Testing

@testable import Secrets

/// What the kernel says about the mapping that `address` is in: the flags of smaps (proc(5)).
private func flags(of address: UnsafeRawPointer) throws -> [Substring] {
    let text = String(decoding: try readFile("/proc/self/smaps", limit: 16 << 20, stage: "read smaps"), as: UTF8.self)
    var isInside = false
    for line in text.split(separator: "\n") {
        let bounds = line.prefix { $0 != " " }.split(separator: "-").compactMap { UInt($0, radix: 16) }
        if bounds.count == 2 { isInside = bounds[0] <= UInt(bitPattern: address) && UInt(bitPattern: address) < bounds[1] }
        if isInside, line.hasPrefix("VmFlags:") { return line.split(separator: " ") }
    }
    return []
}

private func fill(_ memory: UnsafeMutableRawPointer, _ count: Int) {
    memory.initializeMemory(as: UInt8.self, repeating: 0xaa, count: count)
}

private func isZero(_ memory: UnsafeRawPointer, _ count: Int) -> Bool {
    UnsafeRawBufferPointer(start: memory, count: count).allSatisfy { $0 == 0 }
}

struct SecretHeapTests {
    @Test("The libraries take it, in a process where they have allocated nothing yet")
    func installed() async {
        await #expect(processExitsWith: .success) {
            try #require(SecretHeap.isInstalled)
            let context = try #require(EVP_MD_CTX_new())
            #expect(try flags(of: UnsafeRawPointer(context)).contains("dd"))
            EVP_MD_CTX_free(context)
        }
    }

    @Test("It is locked, in no core dump and in no forked child", arguments: [40, 5_000, 200_000])
    func pages(size: Int) throws {
        let piece = try #require(SecretHeap.allocate(size))
        defer { SecretHeap.release(piece) }
        let flags = try flags(of: piece)
        #expect(flags.contains("dd") && flags.contains("wf"))
        #expect(flags.contains("lo") || !SecretHeap.isAllLocked)
    }

    @Test("A piece is wiped when it is freed, and zero when it is given out again")
    func wiped() async {
        // In a process of its own, where nobody else takes what is free.
        await #expect(processExitsWith: .success) {
            for size in [1, 24, 100, 4_096, 32_000] {
                let piece = try #require(SecretHeap.allocate(size))
                fill(piece, size)
                SecretHeap.release(piece)
                // The first bytes are the address of the next free piece.
                if size > 8 { #expect(isZero(piece + 8, size - 8)) }
                let next = try #require(SecretHeap.allocate(size))
                #expect(next == piece, "the last one freed is the first one used")
                #expect(isZero(next, size))
            }
        }
    }

    @Test("A piece that moves to grow is wiped where it was, and its content is whole")
    func moved() async {
        await #expect(processExitsWith: .success) {
            let piece = try #require(SecretHeap.allocate(1_000))
            fill(piece, 1_000)
            let grown = try #require(SecretHeap.reallocate(piece, 20_000))
            #expect(grown != piece && isZero(piece + 8, 992))
            #expect(UnsafeRawBufferPointer(start: grown, count: 1_000).allSatisfy { $0 == 0xaa })
            #expect(isZero(grown + 1_000, 19_000))
        }
    }

    @Test("A piece that shrinks is wiped where it ended")
    func shrunk() throws {
        let piece = try #require(SecretHeap.allocate(1_000))
        fill(piece, 1_000)
        let shrunk = try #require(SecretHeap.reallocate(piece, 10))
        defer { SecretHeap.release(shrunk) }
        #expect(shrunk == piece && isZero(piece + 10, 990))
    }

    @Test("Where memory cannot be locked it goes on, and says so for as long as that is used", .enabled(if: Requirement.root))
    func unlocked() async {
        await #expect(processExitsWith: .success) {
            var none = rlimit(rlim_cur: 0, rlim_max: 0)
            try #require(setrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &none) == 0 && seteuid(65_534) == 0)
            let piece = try #require(SecretHeap.allocate(100_000))
            #expect(!SecretHeap.isAllLocked)
            fill(piece, 100_000)
            SecretHeap.release(piece)
            #expect(SecretHeap.isAllLocked)
            let swaps = try? readFile("/proc/swaps", stage: "read /proc/swaps")
            if SwapSpace.mayBeOnDisk(swaps) {
                #expect(throws: Failure.self) { _ = try SecretBuffer.make(capacity: 10).count }
            } else {
                #expect(try SecretBuffer.make(capacity: 10).capacity == 10)
            }
        }
    }

    @Test("Sizes that cannot be are refused", arguments: [-1, Int.min, Int.max, Int.max / 2])
    func impossible(size: Int) {
        #expect(SecretHeap.allocate(size) == nil)
    }

    @Test("Pieces of all sizes, from several threads, do not overlap")
    func threads() async {
        await withTaskGroup(of: Bool.self) { group in
            for task in 0..<4 {
                group.addTask { churn(mark: UInt8(task + 1)) }
            }
            for await isWhole in group { #expect(isWhole) }
        }
    }

    @Test("Bytes grow up to their limit and not beyond it")
    func bytes() {
        var bytes = SecretBytes(limit: 5_000)
        let part = [UInt8](repeating: 7, count: 1_700)
        #expect(part.withUnsafeBytes { bytes.append($0) } && part.withUnsafeBytes { bytes.append($0) })
        #expect(!part.withUnsafeBytes { bytes.append($0) } && bytes.count == 3_400)
        #expect(bytes.withBytes { $0.allSatisfy { $0 == 7 } })
    }

    @Test("Memory that is not locked will do only where nothing is swapped to a disk")
    func rule() {
        let none = [UInt8]("Filename Type\n".utf8)
        let disk = none + [UInt8]("/dev/sda2 partition 1 0 -2\n".utf8)
        #expect(MemoryRule.allows(isAllLocked: true, swaps: disk))
        #expect(MemoryRule.allows(isAllLocked: false, swaps: none))
        #expect(!MemoryRule.allows(isAllLocked: false, swaps: disk))
        #expect(!MemoryRule.allows(isAllLocked: false, swaps: nil))
    }
}

/// Fills pieces with `mark`, and sees whether they keep it.
private func churn(mark: UInt8) -> Bool {
    var pieces: [(memory: UnsafeMutableRawPointer, size: Int)] = []
    defer { for piece in pieces { SecretHeap.release(piece.memory) } }
    for round in 0..<3_000 {
        let size = (round * 7_919) % (round % 50 == 0 ? 60_000 : 3_000)
        guard let memory = SecretHeap.allocate(size) else { return false }
        memory.initializeMemory(as: UInt8.self, repeating: mark, count: size)
        pieces.append((memory, size))
        if pieces.count > 40 {
            let piece = pieces.remove(at: round % 40)
            guard UnsafeRawBufferPointer(start: piece.memory, count: piece.size).allSatisfy({ $0 == mark }) else { return false }
            SecretHeap.release(piece.memory)
        }
    }
    return true
}
