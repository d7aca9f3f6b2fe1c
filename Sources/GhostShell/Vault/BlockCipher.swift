import CCrypto
import CLinux
import Contract
import Linux
import Synchronization

/// AES-XTS over whole sectors (IEEE 1619; dm-crypt's `plain64` vectors), by libcrypto.
///
/// Contexts hold the expanded key; they are kept for the next request, one per request under way.
final class BlockCipher: @unchecked Sendable {
    private let segment: DataSegment
    private let encryption: ContextPool
    private let decryption: ContextPool

    /// - Parameter key: 32 bytes for AES-128, 64 for AES-256; copied into libcrypto's own locked memory.
    init(segment: DataSegment, key: consuming SecretBuffer) throws(Failure) {
        self.segment = segment
        let key = SharedSecret(key)
        encryption = try ContextPool(key: key, encrypting: true)
        decryption = try ContextPool(key: key, encrypting: false)
    }

    /// Encrypts sectors from `source` to `target`, which may be the same memory. `position` is the first one's place in the
    /// plain data, `length` a multiple of the sector size; both in bytes.
    func encrypt(from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, length: Int, position: UInt64) -> Bool {
        run(encryption, source, target, length, position)
    }

    /// The reverse of `encrypt`.
    func decrypt(from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, length: Int, position: UInt64) -> Bool {
        run(decryption, source, target, length, position)
    }

    private func run(
        _ pool: ContextPool, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ length: Int, _ position: UInt64
    ) -> Bool {
        guard let context = pool.take() else { return false }
        defer { pool.give(context) }
        let sector = Int(segment.sectorSize)
        var done = 0
        while done < length {
            // 64 bits little-endian, then zeroes (dm-crypt, crypt_iv_plain64_gen).
            var vector = (segment.initializationVector(at: position &+ UInt64(done)).littleEndian, UInt64(0))
            var written: Int32 = 0
            let result = withUnsafeBytes(of: &vector) { vector -> Int32 in
                let vector = vector.bindMemory(to: UInt8.self).baseAddress
                guard EVP_CipherInit_ex(context, nil, nil, nil, vector, -1) == 1 else { return 0 }
                return EVP_CipherUpdate(
                    context, (target + done).assumingMemoryBound(to: UInt8.self), &written,
                    (source + done).assumingMemoryBound(to: UInt8.self), Int32(sector))
            }
            guard result == 1, written == Int32(sector) else { return false }
            done += sector
        }
        return true
    }
}

/// A secret that several owners read.
private final class SharedSecret {
    let buffer: SecretBuffer

    init(_ buffer: consuming SecretBuffer) {
        self.buffer = buffer
    }
}

/// Cipher contexts that no thread is using just now.
private final class ContextPool: @unchecked Sendable {
    private let key: SharedSecret
    private let isEncrypting: Bool
    private let cipher: OpaquePointer
    private let idle: Mutex<[Context]>

    private struct Context: @unchecked Sendable {
        var pointer: OpaquePointer
    }

    init(key: SharedSecret, encrypting: Bool) throws(Failure) {
        self.key = key
        isEncrypting = encrypting
        let name = key.buffer.count == 64 ? "AES-256-XTS" : "AES-128-XTS"
        // Fetched once, outside of key memory: what it allocates is large and no secret.
        guard let cipher = EVP_CIPHER_fetch(nil, name, nil) else {
            throw Failure(.provider, "libcrypto has no \(name); install a complete OpenSSL 3")
        }
        self.cipher = cipher
        idle = Mutex([])
        guard let first = make() else { throw Failure(.provider, "libcrypto refuses \(name); install a complete OpenSSL 3") }
        give(first)
    }

    deinit {
        idle.withLock { contexts in
            for context in contexts { EVP_CIPHER_CTX_free(context.pointer) }
        }
        EVP_CIPHER_free(cipher)
    }

    func take() -> OpaquePointer? {
        idle.withLock { $0.popLast() }?.pointer ?? make()
    }

    func give(_ context: OpaquePointer) {
        let context = Context(pointer: context)
        idle.withLock { $0.append(context) }
    }

    private func make() -> OpaquePointer? {
        KeyMemory.use {
            guard let context = EVP_CIPHER_CTX_new() else { return nil }
            let done = key.buffer.withBytes { bytes -> Int32 in
                let key = bytes.bindMemory(to: UInt8.self).baseAddress
                guard EVP_CipherInit_ex2(context, cipher, key, nil, isEncrypting ? 1 : 0, nil) == 1 else { return 0 }
                return EVP_CIPHER_CTX_set_padding(context, 0)
            }
            if done == 1 { return context }
            EVP_CIPHER_CTX_free(context)
            return nil
        }
    }
}
