import CCrypto
import CLinux
import Linux

/// What tells whether a tree in memory has changed: a digest of everything that stat(2) says of every file, and one of all content.
///
/// Times alone are not enough: a write to a shared mapping of a file in memory changes none.
struct TreeFingerprint: Equatable {
    var outline: [UInt8]
    /// Left out where a look in passing is all that is wanted.
    var content: [UInt8]?

    static func take(of root: borrowing TreeFolder, withContent: Bool) throws(SystemError) -> TreeFingerprint {
        let outline = Digest()
        let content = withContent && Defence.contentDigest.isOn ? Digest() : nil
        let buffer = ScratchBuffer(withContent ? 1 << 20 : 0)
        try add(root, outline, content, buffer)
        return TreeFingerprint(outline: outline.finish(), content: content?.finish())
    }

    private static func add(
        _ folder: borrowing TreeFolder, _ outline: Digest, _ content: Digest?, _ buffer: borrowing ScratchBuffer
    ) throws(SystemError) {
        if let status = try folder.status(of: TreeFolder.itself) { outline.add(status) }
        for entry in try folder.entries() {
            outline.add(entry.name)
            outline.add(entry.status)
            if entry.status.isFolder {
                if let inner = try folder.folder(entry.name) { try add(inner, outline, content, buffer) }
            } else if entry.status.isFile, let content, let file = try folder.open(entry.name, O_RDONLY) {
                try add(file, size: UInt64(max(entry.status.st_size, 0)), to: content, buffer)
            }
        }
        outline.add([TreeFolder.Name.Element(0)])
    }

    private static func add(
        _ file: borrowing Descriptor, size: UInt64, to digest: Digest, _ buffer: borrowing ScratchBuffer
    ) throws(SystemError) {
        var position: UInt64 = 0
        while let range = try Extents.next(in: file, from: position, to: size) {
            position = range.lowerBound
            digest.add([position])
            while position < range.upperBound {
                let piece = buffer.prefix(Int(min(range.upperBound - position, 1 << 20)))
                let count = try retrying("read a file of the vault") {
                    pread(file.raw, piece.baseAddress, piece.count, off_t(position))
                }
                if count == 0 { return }
                digest.add(UnsafeRawBufferPointer(rebasing: piece[0..<count]))
                position += UInt64(count)
            }
        }
    }
}

/// SHA-256, by libcrypto.
private final class Digest {
    private let context: OpaquePointer?

    init() {
        context = EVP_MD_CTX_new()
        EVP_DigestInit_ex(context, EVP_sha256(), nil)
    }

    deinit {
        EVP_MD_CTX_free(context)
    }

    func add(_ bytes: UnsafeRawBufferPointer) {
        EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    func add<Element: BitwiseCopyable>(_ elements: [Element]) {
        elements.withUnsafeBytes { add($0) }
    }

    /// All but the time of the last access.
    func add(_ status: stat) {
        let numbers: [UInt64] = [
            UInt64(status.st_ino), UInt64(status.st_mode), UInt64(status.st_nlink), UInt64(status.st_uid), UInt64(status.st_gid),
            UInt64(status.st_rdev), UInt64(bitPattern: Int64(status.st_size)), UInt64(bitPattern: Int64(status.st_blocks)),
        ]
        add(numbers)
        let times = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
        add(times)
    }

    func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        EVP_DigestFinal_ex(context, &digest, nil)
        return digest
    }
}
