import CCrypto
import CCurl
import CJansson
import CLinux
import Contract
import Synchronization

/// The heap of the libraries that see secrets, libcurl, libcrypto and jansson: on locked pages that no core dump shows, and
/// every piece wiped when it is freed (CRYPTO_set_mem_functions(3), curl_global_init_mem(3)).
///
/// A piece begins with its size and its room. Small pieces come out of chunks, one list of free ones for each size of room;
/// a large one has a mapping of its own. Free memory is zero.
enum SecretHeap {
    /// Whether libcrypto and libcurl use it. The first to ask installs it, which must be before they allocate anything.
    static let isInstalled = install()

    /// From the first call on, jansson uses it.
    static let hasJansson: Void = json_set_alloc_funcs({ SecretHeap.allocate($0) }, { SecretHeap.release($0) })

    static let notInstalled = Failure(
        .refused,
        "libraries of this system use memory before secrets can be kept out of it; use the system that TazPod is built for")

    /// Whether all of it is locked just now. Limits on locked memory are often small (`ulimit -l`), an answer may not be.
    static var isAllLocked: Bool { unlocked.load(ordering: .relaxed) == 0 }

    private static let unlocked = Atomic<Int>(0)
    private static let state = Mutex(State())

    private struct State {
        /// Where the unused part of the newest chunk begins and ends.
        var next: UInt = 0
        var end: UInt = 0
        /// The first free piece of each size of room; there the address of the second is.
        var free = [UInt](repeating: 0, count: 2 * Int.bitWidth)
    }

    private static let chunkSize = 256 * 1024
    private static let largestRoom = 32 * 1024
    private static let headerSize = 16
    /// In a header, beside the room, which is a multiple of 16.
    private static let unlockedMark = 1

    private static func install() -> Bool {
        let hasCrypto =
            CRYPTO_set_mem_functions(
                { size, _, _ in SecretHeap.allocate(size) },
                { old, size, _, _ in SecretHeap.reallocate(old, size) },
                { pointer, _, _ in SecretHeap.release(pointer) }) == 1
        let hasCurl =
            curl_global_init_mem(
                Int(CURL_GLOBAL_DEFAULT),
                { SecretHeap.allocate($0) },
                { SecretHeap.release($0) },
                { SecretHeap.reallocate($0, $1) },
                { SecretHeap.copy($0) },
                { SecretHeap.allocateZeroed($0, $1) }) == CURLE_OK
        return hasCrypto && hasCurl
    }

    // MARK: - malloc(3)

    /// Zeroed memory; nil when there is none.
    static func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
        guard size >= 0, size < Int.max / 2 else { return nil }
        let needed = size + headerSize
        let piece = needed > largestRoom ? map(needed) : take(roomSize(needed))
        guard let piece else { return nil }
        piece.storeBytes(of: size, as: Int.self)
        return piece + headerSize
    }

    static func reallocate(_ old: UnsafeMutableRawPointer?, _ size: Int) -> UnsafeMutableRawPointer? {
        guard let old else { return allocate(size) }
        if size == 0 {
            release(old)
            return nil
        }
        let header = old - headerSize
        let oldSize = header.load(as: Int.self)
        if size > 0, size <= room(of: header) - headerSize {
            if size < oldSize { explicit_bzero(old + size, oldSize - size) }
            header.storeBytes(of: size, as: Int.self)
            return old
        }
        guard let new = allocate(size) else { return nil }
        new.copyMemory(from: old, byteCount: min(oldSize, size))
        release(old)
        return new
    }

    static func release(_ pointer: UnsafeMutableRawPointer?) {
        guard let pointer else { return }
        let header = pointer - headerSize
        let room = room(of: header)
        let isUnlocked = header.load(fromByteOffset: 8, as: Int.self) & unlockedMark != 0
        explicit_bzero(pointer, header.load(as: Int.self))
        if room > largestRoom {
            explicit_bzero(header, headerSize)
            munmap(header, room)
            if isUnlocked { unlocked.subtract(room, ordering: .relaxed) }
        } else {
            let address = UInt(bitPattern: header)
            let list = freeList(room)
            state.withLock { state in
                pointer.storeBytes(of: state.free[list], as: UInt.self)
                state.free[list] = address
            }
        }
    }

    static func allocateZeroed(_ count: Int, _ size: Int) -> UnsafeMutableRawPointer? {
        let (total, isTooMuch) = count.multipliedReportingOverflow(by: size)
        return isTooMuch ? nil : allocate(total)
    }

    /// strdup(3).
    private static func copy(_ text: UnsafePointer<CChar>?) -> UnsafeMutablePointer<CChar>? {
        guard let text else { return nil }
        let size = strlen(text) + 1
        guard let copy = allocate(size) else { return nil }
        copy.copyMemory(from: text, byteCount: size)
        return copy.assumingMemoryBound(to: CChar.self)
    }

    // MARK: - Pieces

    private static func room(of header: UnsafeMutableRawPointer) -> Int {
        header.load(fromByteOffset: 8, as: Int.self) & ~unlockedMark
    }

    /// A power of two, or three quarters of one.
    private static func roomSize(_ needed: Int) -> Int {
        let power = max(32, 1 << (Int.bitWidth - (needed - 1).leadingZeroBitCount))
        let middle = power / 4 * 3
        return needed <= middle && power > 32 ? middle : power
    }

    private static func freeList(_ room: Int) -> Int {
        2 * room.trailingZeroBitCount + (room.nonzeroBitCount - 1)
    }

    private static func take(_ room: Int) -> UnsafeMutableRawPointer? {
        let list = freeList(room)
        let address = state.withLock { state -> UInt in
            let first = state.free[list]
            if let piece = UnsafeMutableRawPointer(bitPattern: first) {
                state.free[list] = piece.load(fromByteOffset: headerSize, as: UInt.self)
                piece.storeBytes(of: 0, toByteOffset: headerSize, as: UInt.self)
                return first
            }
            if state.end - state.next < UInt(room) {
                guard let chunk = lockedPages(chunkSize) else { return 0 }
                if !chunk.isLocked { unlocked.add(chunkSize, ordering: .relaxed) }
                state.next = UInt(bitPattern: chunk.memory)
                state.end = state.next + UInt(chunkSize)
            }
            defer { state.next += UInt(room) }
            return state.next
        }
        guard let piece = UnsafeMutableRawPointer(bitPattern: address) else { return nil }
        piece.storeBytes(of: room, toByteOffset: 8, as: Int.self)
        return piece
    }

    private static func map(_ needed: Int) -> UnsafeMutableRawPointer? {
        let page = Int(getpagesize())
        let room = (needed + page - 1) / page * page
        guard let pages = lockedPages(room) else { return nil }
        if !pages.isLocked { unlocked.add(room, ordering: .relaxed) }
        pages.memory.storeBytes(of: pages.isLocked ? room : room | unlockedMark, toByteOffset: 8, as: Int.self)
        return pages.memory
    }

    private static func lockedPages(_ length: Int) -> (memory: UnsafeMutableRawPointer, isLocked: Bool)? {
        guard let memory = clinux_map_private_memory(length) else { return nil }
        madvise(memory, length, MADV_DONTDUMP)
        madvise(memory, length, MADV_WIPEONFORK)
        return (memory, !Defence.lockedMemory.isOn || mlock(memory, length) == 0)
    }
}
