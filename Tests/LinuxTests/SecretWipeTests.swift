import Glibc
import Synchronization
import Testing

@testable import Linux

/// Takes the C library's place in the test program: a mapping that is given back cannot be looked into afterwards, so it is
/// looked into at that moment.
@c(munmap)
func observedMunmap(_ address: UnsafeMutableRawPointer?, _ length: Int) -> Int32 {
    if let address, UInt(bitPattern: address) == watchedAddress.load(ordering: .acquiring) {
        let isZero = UnsafeRawBufferPointer(start: address, count: length).allSatisfy { $0 == 0 }
        watchedContent.store(isZero ? 1 : 2, ordering: .releasing)
    }
    return realMunmap(address, length)
}

private let watchedAddress = Atomic<UInt>(0)
private let watchedContent = Atomic<Int>(0)
private let realMunmap: @convention(c) (UnsafeMutableRawPointer?, Int) -> Int32 = {
    unsafeBitCast(
        dlsym(UnsafeMutableRawPointer(bitPattern: -1), "munmap"),
        to: (@convention(c) (UnsafeMutableRawPointer?, Int) -> Int32).self)
}()

@Test("A secret is wiped before its memory is given back")
func wiped() throws {
    var buffer = try SecretBuffer(capacity: 32)
    buffer.fill {
        watchedAddress.store(UInt(bitPattern: $0.baseAddress), ordering: .releasing)
        $0.initializeMemory(as: UInt8.self, repeating: 0xaa)
        return $0.count
    }
    #expect(buffer.withBytes { $0.allSatisfy { $0 == 0xaa } })
    _ = consume buffer
    #expect(watchedContent.load(ordering: .acquiring) == 1)
}
