import CCryptsetup
import CLinux
import Contract
import Linux

/// The LUKS2 header of a vault, read and written by libcryptsetup with no device-mapper.
struct VaultHeader: ~Copyable {
    /// libcryptsetup's handle.
    let device: OpaquePointer
    let imageLength: UInt64
    /// One of the two copies was damaged, and was mended from the other: whoever reads a header says so.
    let isMended: Bool

    /// Reads the header of the image that `image` is open on.
    ///
    /// When one of the two copies is damaged the library mends it from the other: that is the only change this can make.
    ///
    /// - Throws: code 6 when there is no header, or one that asks for more than TazPod can do.
    static func read(from image: borrowing Descriptor) throws(Failure) -> VaultHeader {
        let (device, imageLength) = try handle(for: image)
        let before = modificationTime(of: image)
        let isLoaded = crypt_load(device, CRYPT_LUKS2, nil) == 0
        let header = VaultHeader(device: device, imageLength: imageLength, isMended: modificationTime(of: image) != before)
        guard isLoaded else {
            try checkReadable(image)
            throw VaultHeader.unreadable
        }
        try header.checkRequirements()
        return header
    }

    /// A disk that cannot be read is no damaged header: nothing is to be restored before it is well.
    private static func checkReadable(_ image: borrowing Descriptor) throws(Failure) {
        var areas = [UInt8](repeating: 0, count: 32 * 1024)
        try failing(.vault, next: "its disk may be failing; nothing was changed") { () throws(SystemError) in
            try retrying("read the vault's header") { pread(image.raw, &areas, areas.count, 0) }
        }
    }

    /// In nanoseconds. The library does not say when it writes.
    private static func modificationTime(of image: borrowing Descriptor) -> Int {
        var status = stat()
        fstat(image.raw, &status)
        return status.st_mtim.tv_sec &* 1_000_000_000 &+ status.st_mtim.tv_nsec
    }

    /// Both copies of the header are damaged, or there never was one.
    static let unreadable = Failure(
        .vault, "the vault's image has no usable LUKS2 header: it is damaged, or no vault; restore it from a backup")

    private init(device: OpaquePointer, imageLength: UInt64, isMended: Bool) {
        self.device = device
        self.imageLength = imageLength
        self.isMended = isMended
    }

    deinit {
        crypt_free(device)
    }

    /// From now on, here and in processes forked from here, libcryptsetup takes no flock(2) of its own, where that would wait for
    /// the lock on the image that we hold.
    static func relyOnImageLock() {
        _ = crypt_metadata_locking(nil, 0)
    }

    private static func handle(for image: borrowing Descriptor) throws(Failure) -> (OpaquePointer, UInt64) {
        var status = stat()
        guard fstat(image.raw, &status) == 0 else { throw Failure(.vault, SystemError.last("look at the vault's image")) }
        // Messages come as failures from here; the library would print its own.
        crypt_set_log_callback(nil, { _, _, _ in }, nil)
        var device: OpaquePointer?
        // By descriptor and not by name: nobody can put another file in its place.
        let result = crypt_init(&device, "/proc/self/fd/\(image.raw)")
        guard result == 0, let device else {
            throw Failure(.vault, SystemError("open the vault's image", errno: -result))
        }
        return (device, UInt64(max(status.st_size, 0)))
    }

    private func checkRequirements() throws(Failure) {
        var flags: UInt32 = 0
        guard crypt_persistent_flags_get(device, CRYPT_FLAGS_REQUIREMENTS, &flags) == 0, flags == 0 else {
            throw Failure(
                .vault,
                "the vault is in the middle of a re-encryption, or asks for something newer; finish it with cryptsetup first")
        }
        guard let cipher = crypt_get_cipher(device), let mode = crypt_get_cipher_mode(device),
            strcmp(cipher, "aes") == 0, strcmp(mode, "xts-plain64") == 0, [32, 64].contains(crypt_get_volume_key_size(device))
        else {
            throw Failure(.vault, "the vault is not encrypted with aes-xts-plain64, the only cipher that TazPod opens")
        }
        var integrity = crypt_params_integrity()
        if crypt_get_integrity_info(device, &integrity) == 0, integrity.tag_size > 0 {
            throw Failure(.vault, "the vault has integrity tags, which no driver here can read; open it with cryptsetup")
        }
    }

    /// The header's metadata as text (LUKS2 on-disk format, section 3). No secret is in it.
    var json: String? {
        var json: UnsafePointer<CChar>?
        guard crypt_dump_json(device, &json, 0) == 0, let json else { return nil }
        return String(cString: json)
    }

    /// Where the data lies. See `DataSegment` for what is refused.
    func dataSegment() throws(Failure) -> DataSegment {
        guard let metadata = json.flatMap({ SegmentMetadata(json: $0) }) else {
            throw Failure(
                .vault, "the vault's data does not reach to the end of its image, which TazPod cannot open; use cryptsetup")
        }
        let (offset, overflow) = crypt_get_data_offset(device).multipliedReportingOverflow(by: 512)
        return try DataSegment(
            offset: overflow ? UInt64.max : offset, sectorSize: UInt64(max(crypt_get_sector_size(device), 0)),
            ivTweak: metadata.ivTweak, imageLength: imageLength)
    }

    /// The most memory that trying a passphrase takes, in KiB: the largest of the key slots.
    func derivationMemoryKiB() -> UInt64 {
        var largest: UInt64 = 0
        for slot in 0..<crypt_keyslot_max(CRYPT_LUKS2) {
            var cost = crypt_pbkdf_type()
            if crypt_keyslot_get_pbkdf(device, slot, &cost) == 0 { largest = max(largest, UInt64(cost.max_memory_kb)) }
        }
        return largest
    }

    /// The key that the data is encrypted with, if `passphrase` opens a slot.
    ///
    /// - Throws: code 5 when it opens none.
    func volumeKey(_ passphrase: borrowing SecretBuffer) throws(Failure) -> SecretBuffer {
        if let recoveryKey = try RecoveryKey.normalized(passphrase) {
            do { return try volumeKey(exactly: recoveryKey) } catch { if error.code != .proof { throw error } }
        }
        return try volumeKey(exactly: passphrase)
    }

    private func volumeKey(exactly passphrase: borrowing SecretBuffer) throws(Failure) -> SecretBuffer {
        var key = try SecretBuffer.make(capacity: Int(max(crypt_get_volume_key_size(device), 0)))
        var size = key.capacity
        var result: Int32 = 0
        key.fill { memory in
            result = passphrase.withBytes {
                crypt_volume_key_get(
                    device, CRYPT_ANY_SLOT, memory.bindMemory(to: CChar.self).baseAddress, &size,
                    $0.bindMemory(to: CChar.self).baseAddress, $0.count)
            }
            return result >= 0 ? size : 0
        }
        try VaultHeader.checkUnlock(result)
        return key
    }

    /// Whether `passphrase` opens a slot. The key does not leave the library.
    func check(_ passphrase: borrowing SecretBuffer) throws(Failure) {
        if let recoveryKey = try RecoveryKey.normalized(passphrase) {
            do {
                _ = try slot(openedBy: recoveryKey)
                return
            } catch {
                if error.code != .proof { throw error }
            }
        }
        _ = try slot(openedBy: passphrase)
    }

    /// The slot that `passphrase`, byte for byte, opens.
    ///
    /// - Parameter slot: The one to try; any, if none is named.
    /// - Throws: code 5 when it opens none.
    func slot(openedBy passphrase: borrowing SecretBuffer, trying slot: Int32 = CRYPT_ANY_SLOT) throws(Failure) -> Int32 {
        let result = passphrase.withBytes {
            crypt_activate_by_passphrase(device, nil, slot, $0.bindMemory(to: CChar.self).baseAddress, $0.count, 0)
        }
        try VaultHeader.checkUnlock(result)
        return result
    }

    static func checkUnlock(_ result: Int32) throws(Failure) {
        if result >= 0 { return }
        switch -result {
        case EPERM: throw Failure(.proof, "the passphrase is wrong; nothing was changed")
        case ENOENT:
            throw Failure(.vault, "the vault has no key slot that a passphrase could open; restore its header from a backup")
        case ENOMEM: throw Failure(.refused, "there is not enough memory to derive the key; give the pod more memory")
        default: throw Failure(.vault, SystemError("open a key slot of the vault", errno: -result))
        }
    }

    /// Bytes of a new vault's key: two of AES-256, for XTS.
    static let newKeySize = 64
    /// Where a new vault's data begins: after two copies of the header, and 8 key slots of 252 KiB, as many as LUKS1 had. More would
    /// cost time that nobody has a use for: libcryptsetup fills all of it, twice.
    static let newDataOffset: UInt64 = 2 * newCopyLength + newSlotsLength
    private static let newCopyLength: UInt64 = 16 << 10
    private static let newSlotsLength: UInt64 = 8 * 252 << 10

    /// Writes a new header with one key slot into the empty image that `image` is open on: aes-xts-plain64, 4096-byte
    /// sectors. `key` is what the data will be encrypted with, `newKeySize` random bytes.
    ///
    /// libcryptsetup makes it in memory. In a file it would fill all of the header's area, with zeroes and then with random bytes,
    /// to hide what was there before, and wait for the disk after each step; in a new file nothing was. So the image gets the
    /// header and the one slot, and the area of slots that are not used yet stays a hole.
    static func format(
        _ image: borrowing Descriptor, key: borrowing SecretBuffer, passphrase: borrowing SecretBuffer, cost: DerivationCost
    ) throws(Failure) -> VaultHeader {
        let stage = "write the header of the new vault"
        let memory = try HeaderSnapshot.emptyMemory()
        try failing(.vault) { () throws(SystemError) in
            let length = try retrying(stage) { lseek(image.raw, 0, SEEK_END) }
            try retrying(stage) { ftruncate(memory.raw, length) }
        }
        let (device, imageLength) = try handle(for: memory)
        let header = VaultHeader(device: device, imageLength: imageLength, isMended: false)
        var result = crypt_set_metadata_size(device, newCopyLength, newSlotsLength)
        if result == 0 { result = crypt_set_data_offset(device, newDataOffset / 512) }
        guard result == 0 else { throw Failure(.vault, SystemError(stage, errno: -result)) }
        result = withDerivation(cost) { derivation in
            var parameters = crypt_params_luks2()
            parameters.pbkdf = derivation
            parameters.sector_size = 4096
            return key.withBytes {
                crypt_format(
                    device, CRYPT_LUKS2, "aes", "xts-plain64", nil, $0.bindMemory(to: CChar.self).baseAddress, $0.count,
                    &parameters)
            }
        }
        var (copyLength, slotsLength, slotOffset, slotLength) = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
        if result == 0 { result = crypt_get_metadata_size(device, &copyLength, &slotsLength) }
        guard result == 0 else { throw Failure(.vault, SystemError(stage, errno: -result)) }
        // Once before there is a slot, too: a disk that takes nothing is found before the key is derived.
        try failing(.vault) { () throws(SystemError) in try memory.copy(0..<(2 * copyLength), to: image, stage: stage) }
        result = passphrase.withBytes {
            crypt_keyslot_add_by_volume_key(device, 0, nil, 0, $0.bindMemory(to: CChar.self).baseAddress, $0.count)
        }
        if result >= 0 { result = crypt_keyslot_area(device, 0, &slotOffset, &slotLength) }
        guard result >= 0 else { throw Failure(.vault, SystemError(stage, errno: -result)) }
        try failing(.vault) { () throws(SystemError) in
            try memory.copy(slotOffset..<(slotOffset + slotLength), to: image, stage: stage)
            try memory.copy(0..<(2 * copyLength), to: image, stage: stage)
        }
        return header
    }

    /// `cost` in the form that the library takes, for as long as `body` runs.
    static func withDerivation<Result>(_ cost: DerivationCost, _ body: (UnsafePointer<crypt_pbkdf_type>) -> Result) -> Result {
        "argon2id".withCString { type in
            "sha256".withCString { hash in
                var derivation = crypt_pbkdf_type()
                derivation.type = type
                derivation.hash = hash
                derivation.iterations = cost.iterations
                derivation.max_memory_kb = cost.memoryKiB
                derivation.parallel_threads = cost.threads
                derivation.flags = 1 << 1  // CRYPT_PBKDF_NO_BENCHMARK, a macro
                return withUnsafePointer(to: derivation) { body($0) }
            }
        }
    }
}
