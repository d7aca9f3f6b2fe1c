import CCryptsetup
import CLinux
import Contract
import Linux

/// What `tazpod vault info` tells: facts of the header, none of them secret.
enum VaultReport {
    static func info(_ image: borrowing Descriptor) throws(Failure) -> Message {
        let snapshot = try HeaderSnapshot.take(of: image)
        var message = Message("ok")
        let device = snapshot.header.device
        let segment = try snapshot.header.dataSegment()
        message.add("uuid", crypt_get_uuid(device).map { String(cString: $0) } ?? "")
        message.add("cipher", VaultReport.cipher(device))
        message.add("key-bits", String(crypt_get_volume_key_size(device) * 8))
        message.add("sector-size", String(segment.sectorSize))
        message.add("data-offset", String(segment.offset))
        message.add("data-size", String(segment.length))
        message.add("image-size", String(snapshot.header.imageLength))
        for slot in snapshot.header.activeSlots {
            guard let cost = snapshot.header.cost(of: slot) else { continue }
            message.add("slot", String(slot))
            message.add("kdf", cost.type)
            message.add("kdf-memory", String(cost.memoryKiB))
            message.add("kdf-iterations", String(cost.iterations))
            message.add("kdf-threads", String(cost.threads))
            if snapshot.header.isRecoverySlot(slot) { message.add("recovery", "1") }
        }
        for token in snapshot.header.tokens {
            message.add("token", String(token.number))
            message.add("token-type", token.type)
            for slot in token.slots { message.add("token-slot", String(slot)) }
        }
        return message
    }

    private static func cipher(_ device: OpaquePointer) -> String {
        [crypt_get_cipher(device), crypt_get_cipher_mode(device)].compactMap { $0.map { String(cString: $0) } }
            .joined(separator: "-")
    }
}

/// How the key of one slot is derived.
struct SlotCost: Equatable {
    /// `argon2id`, `argon2i` or `pbkdf2`.
    var type: String
    var memoryKiB: UInt64
    var iterations: UInt64
    var threads: UInt64

    /// Whether guessing is cheaper than with a slot made today. The memory that new slots take varies with what the pod has free
    /// at the moment, so half of it is as good.
    func isWeaker(than today: DerivationCost) -> Bool {
        type != "argon2id" || iterations < UInt64(today.iterations) || memoryKiB < DerivationCost.leastMemoryKiB
            || memoryKiB < UInt64(today.memoryKiB) / 2
    }
}

extension VaultHeader {
    func cost(of slot: Int32) -> SlotCost? {
        var cost = crypt_pbkdf_type()
        guard crypt_keyslot_get_pbkdf(device, slot, &cost) == 0, let type = cost.type else { return nil }
        return SlotCost(
            type: String(cString: type), memoryKiB: UInt64(cost.max_memory_kb), iterations: UInt64(cost.iterations),
            threads: UInt64(cost.parallel_threads))
    }
}
