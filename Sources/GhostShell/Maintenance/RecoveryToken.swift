import CCryptsetup
import CLinux
import Contract
import Linux

/// The token that marks a recovery key's slot in the header, of systemd's own type: systemd-cryptenroll lists and wipes it too.
extension VaultHeader {
    static let recoveryTokenType = "systemd-recovery"

    /// Makes a recovery key's slot, and marks it.
    ///
    /// - Returns: the slot.
    func addRecoveryKey(
        _ key: borrowing SecretBuffer, provenBy proof: borrowing Proof, cost: DerivationCost
    ) throws(Failure) -> Int32 {
        let slot = try add(key, provenBy: proof, cost: cost)
        let json = "{\"type\":\"\(VaultHeader.recoveryTokenType)\",\"keyslots\":[\"\(slot)\"]}"
        let token = crypt_token_json_set(device, CRYPT_ANY_TOKEN, json)
        guard token >= 0 else {
            crypt_keyslot_destroy(device, slot)
            throw Failure(.vault, SystemError("mark the recovery key's slot", errno: -token), next: "nothing was changed")
        }
        return slot
    }

    /// The mark of `slot`, if it holds a recovery key and the mark is of no other slot too.
    func recoveryToken(of slot: Int32) -> Int32? {
        tokens.first { $0.type == VaultHeader.recoveryTokenType && $0.slots == [slot] }?.number
    }

    func isRecoverySlot(_ slot: Int32) -> Bool {
        tokens.contains { $0.type == VaultHeader.recoveryTokenType && $0.slots.contains(slot) }
    }
}

/// A token of the header: how some program may come to a key.
struct HeaderToken: Equatable {
    var number: Int32
    var type: String
    var slots: [Int32]
    /// libcryptsetup has a plugin for it.
    var isUsable: Bool
}

extension VaultHeader {
    var tokens: [HeaderToken] {
        (0..<crypt_token_max(CRYPT_LUKS2)).compactMap { number in
            var type: UnsafePointer<CChar>?
            let status = crypt_token_status(device, number, &type)
            guard status != CRYPT_TOKEN_INVALID, status != CRYPT_TOKEN_INACTIVE, let type else { return nil }
            return HeaderToken(
                number: number, type: String(cString: type),
                slots: (0..<crypt_keyslot_max(CRYPT_LUKS2)).filter { crypt_token_is_assigned(device, number, $0) == 0 },
                isUsable: status == CRYPT_TOKEN_EXTERNAL)
        }
    }
}
