import CCryptsetup
import CLinux
import Contract
import Linux

/// The LUKS2 header of a vault, read and written by libcryptsetup with no device-mapper.
struct VaultHeader: ~Copyable {
    private let device: OpaquePointer
    private let imageLength: UInt64

    /// Reads the header of the image that `image` is open on.
    ///
    /// When one of the two copies is damaged the library mends it from the other: that is the only change this can make.
    ///
    /// - Throws: code 6 when there is no header, or one that asks for more than TazPod can do.
    static func read(from image: borrowing Descriptor) throws(Failure) -> VaultHeader {
        let (device, imageLength) = try handle(for: image)
        let header = VaultHeader(device: device, imageLength: imageLength)
        guard crypt_load(device, CRYPT_LUKS2, nil) == 0 else {
            throw Failure(
                .vault, "the vault's image has no usable LUKS2 header: it is damaged, or no vault; restore it from a backup")
        }
        try header.checkRequirements()
        return header
    }

    private init(device: OpaquePointer, imageLength: UInt64) {
        self.device = device
        self.imageLength = imageLength
    }

    deinit {
        crypt_free(device)
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

    private var segmentMetadata: SegmentMetadata? {
        var json: UnsafePointer<CChar>?
        guard crypt_dump_json(device, &json, 0) == 0, let json else { return nil }
        return SegmentMetadata(json: String(cString: json))
    }

    /// Where the data lies. See `DataSegment` for what is refused.
    func dataSegment() throws(Failure) -> DataSegment {
        guard let metadata = segmentMetadata else {
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
        let result = passphrase.withBytes {
            crypt_activate_by_passphrase(
                device, nil, CRYPT_ANY_SLOT, $0.bindMemory(to: CChar.self).baseAddress, $0.count, 0)
        }
        try VaultHeader.checkUnlock(result)
    }

    private static func checkUnlock(_ result: Int32) throws(Failure) {
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

    /// Writes a new header with one key slot into the empty image that `image` is open on: aes-xts-plain64, 4096-byte
    /// sectors. `key` is what the data will be encrypted with, `newKeySize` random bytes.
    ///
    /// - Parameter isSmall: The header takes 1 MiB, with room for one key slot, and not 16.
    static func format(
        _ image: borrowing Descriptor, key: borrowing SecretBuffer, passphrase: borrowing SecretBuffer, cost: DerivationCost,
        isSmall: Bool = false
    ) throws(Failure) -> VaultHeader {
        let (device, imageLength) = try handle(for: image)
        let header = VaultHeader(device: device, imageLength: imageLength)
        // 4,000 stripes of a 64-byte key, in whole pages, take 252 KiB.
        var result = isSmall ? crypt_set_metadata_size(device, 16 << 10, 256 << 10) : 0
        guard result == 0 else { throw Failure(.vault, SystemError("plan the header of the new vault", errno: -result)) }
        "argon2id".withCString { type in
            "sha256".withCString { hash in
                var derivation = crypt_pbkdf_type()
                derivation.type = type
                derivation.hash = hash
                derivation.iterations = cost.iterations
                derivation.max_memory_kb = cost.memoryKiB
                derivation.parallel_threads = cost.threads
                derivation.flags = 1 << 1  // CRYPT_PBKDF_NO_BENCHMARK, a macro
                withUnsafePointer(to: &derivation) { derivation in
                    var parameters = crypt_params_luks2()
                    parameters.pbkdf = derivation
                    parameters.sector_size = 4096
                    result = key.withBytes {
                        crypt_format(
                            device, CRYPT_LUKS2, "aes", "xts-plain64", nil, $0.bindMemory(to: CChar.self).baseAddress, $0.count,
                            &parameters)
                    }
                    guard result == 0 else { return }
                    result = passphrase.withBytes {
                        crypt_keyslot_add_by_volume_key(
                            device, CRYPT_ANY_SLOT, nil, 0, $0.bindMemory(to: CChar.self).baseAddress, $0.count)
                    }
                }
            }
        }
        guard result >= 0 else { throw Failure(.vault, SystemError("write the header of the new vault", errno: -result)) }
        return header
    }
}
