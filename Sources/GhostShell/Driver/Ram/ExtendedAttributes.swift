import CExt2fs
import CLinux
import Contract
import Linux

/// Extended attributes (xattr(7)), between an `Ext4Volume` and a tree in memory.
enum ExtendedAttributes {
    /// Labels of a machine's security module are that machine's, and made anew; what programs and people set is kept.
    static func isKept(_ name: [UInt8]) -> Bool {
        let kept = ["user.", "trusted.", "system.posix_acl_access", "system.posix_acl_default", "security.capability"]
        return kept.contains { name.starts(with: $0.utf8) }
    }

    /// - Parameters:
    ///   - path: The file in memory.
    ///   - shown: Its name, for errors.
    /// - Throws: code 7 when this kernel's tmpfs has no place for one.
    static func copy(
        from number: ext2_ino_t, of volume: Ext4Volume, to path: [CChar], shown: String
    ) throws(Failure) {
        let attributes = try Ext4Attributes(volume, number)
        for name in try attributes.names() where isKept(name) {
            let value = try attributes.value(of: name)
            let result = lsetxattr(path, name.map { CChar(bitPattern: $0) } + [0], value, value.count, 0)
            if result == 0 { continue }
            throw Failure(
                .refused,
                SystemError("keep the attribute \(String(decoding: name, as: UTF8.self)) of \(shown)", errno: clinux_errno()),
                next: "the ram driver needs a kernel whose tmpfs has extended attributes (6.6 or newer); use the fuse driver")
        }
    }

    /// The reverse; a file that has gone has none.
    static func copy(from path: [CChar], to number: ext2_ino_t, of volume: Ext4Volume) throws(Failure) {
        let names = list(path).filter(isKept)
        if names.isEmpty { return }
        let attributes = try Ext4Attributes(volume, number)
        for name in names {
            if let value = value(of: name.map { CChar(bitPattern: $0) } + [0], path) { try attributes.set(name, value) }
        }
    }

    private static func list(_ path: [CChar]) -> [[UInt8]] {
        let size = llistxattr(path, nil, 0)
        guard size > 0 else { return [] }
        var names = [CChar](repeating: 0, count: size)
        let count = llistxattr(path, &names, names.count)
        guard count > 0 else { return [] }
        return names.prefix(count).split(separator: 0).map { $0.map { UInt8(bitPattern: $0) } }
    }

    private static func value(of name: [CChar], _ path: [CChar]) -> [UInt8]? {
        let size = lgetxattr(path, name, nil, 0)
        guard size >= 0 else { return nil }
        var value = [UInt8](repeating: 0, count: max(size, 1))
        let count = lgetxattr(path, name, &value, value.count)
        return count >= 0 ? Array(value.prefix(count)) : nil
    }
}

/// The extended attributes of one inode.
private final class Ext4Attributes {
    private var handle: OpaquePointer?

    init(_ volume: Ext4Volume, _ number: ext2_ino_t) throws(Failure) {
        try Ext4Volume.check(ext2fs_xattrs_open(volume.handle, number, &handle), "read attributes of the vault")
        try Ext4Volume.check(ext2fs_xattrs_read(handle), "read attributes of the vault")
    }

    deinit {
        ext2fs_xattrs_close(&handle)
    }

    func names() throws(Failure) -> [[UInt8]] {
        var found: [[UInt8]] = []
        let code = withUnsafeMutablePointer(to: &found) { found in
            ext2fs_xattrs_iterate(
                handle,
                { name, _, _, found in
                    guard let name, let found else { return 0 }
                    let bytes = UnsafeRawBufferPointer(start: name, count: strlen(name))
                    found.assumingMemoryBound(to: [[UInt8]].self).pointee.append(Array(bytes))
                    return 0
                }, found)
        }
        try Ext4Volume.check(code, "read attributes of the vault")
        return found
    }

    func value(of name: [UInt8]) throws(Failure) -> [UInt8] {
        var value: UnsafeMutableRawPointer?
        var count = 0
        let code = ext2fs_xattr_get(handle, name.map { CChar(bitPattern: $0) } + [0], &value, &count)
        try Ext4Volume.check(code, "read an attribute of the vault")
        defer { free(value) }
        return Array(UnsafeRawBufferPointer(start: value, count: count))
    }

    func set(_ name: [UInt8], _ value: [UInt8]) throws(Failure) {
        let code = ext2fs_xattr_set(handle, name.map { CChar(bitPattern: $0) } + [0], value, value.count)
        try Ext4Volume.check(code, "write an attribute of the vault")
    }
}
