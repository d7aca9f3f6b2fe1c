import CCryptsetup
import CLinux
import Contract
import Linux

/// A passphrase that opens a key slot, byte for byte as the slot has it, and the slot.
struct Proof: ~Copyable {
    let passphrase: SecretBuffer
    let slot: Int32
}

/// What the key slots of a vault are changed by. Every change is in a state that opens at each instant: libcryptsetup writes a
/// new slot's area and then the header that names it, first its one copy and then the other; an old slot is wiped after that.
extension VaultHeader {
    /// The slots that a passphrase may open.
    var activeSlots: [Int32] {
        (0..<crypt_keyslot_max(CRYPT_LUKS2)).filter {
            let status = crypt_keyslot_status(device, $0)
            return status == CRYPT_SLOT_ACTIVE || status == CRYPT_SLOT_ACTIVE_LAST
        }
    }

    /// Whether there is another slot, and room for one that is as long as the longest there is.
    private var hasFreeSlot: Bool {
        guard (0..<crypt_keyslot_max(CRYPT_LUKS2)).contains(where: { crypt_keyslot_status(device, $0) == CRYPT_SLOT_INACTIVE })
        else { return false }
        var (copyLength, slotsLength) = (UInt64(0), UInt64(0))
        guard crypt_get_metadata_size(device, &copyLength, &slotsLength) == 0 else { return false }
        let lengths = activeSlots.map { slot in
            var (offset, length) = (UInt64(0), UInt64(0))
            return crypt_keyslot_area(device, slot, &offset, &length) == 0 ? length : slotsLength
        }
        return lengths.reduce(lengths.max() ?? 0) { $0 &+ $1 } <= slotsLength
    }

    /// - Parameter given: A passphrase as it was typed, or a recovery key in any of its forms.
    /// - Throws: code 5 when it opens no slot.
    func prove(_ given: consuming SecretBuffer) throws(Failure) -> Proof {
        if let recoveryKey = try RecoveryKey.normalized(given) {
            do {
                let slot = try slot(openedBy: recoveryKey)
                return Proof(passphrase: recoveryKey, slot: slot)
            } catch {
                if error.code != .proof { throw error }
            }
        }
        let slot = try slot(openedBy: given)
        return Proof(passphrase: given, slot: slot)
    }

    /// Puts `new` in the place of the passphrase that `proof` holds.
    ///
    /// By the library's own call: it makes the new slot, gives it the old one's number, by which tokens know it, and wipes the old
    /// one last. An own add and remove would change the number. Without a free slot it would write over the old one.
    func change(_ proof: borrowing Proof, to new: borrowing SecretBuffer, cost: DerivationCost) throws(Failure) {
        guard hasFreeSlot else { throw Failure(.vault, "every key slot is taken; remove one with tazpod vault remove-key first") }
        try setCost(cost)
        try checkChange(
            proof.passphrase.withBytes { old in
                new.withBytes { new in
                    crypt_keyslot_change_by_passphrase(
                        device, proof.slot, CRYPT_ANY_SLOT, old.bindMemory(to: CChar.self).baseAddress, old.count,
                        new.bindMemory(to: CChar.self).baseAddress, new.count)
                }
            })
    }

    /// Gives the key to `new` too.
    ///
    /// - Returns: its slot.
    func add(_ new: borrowing SecretBuffer, provenBy proof: borrowing Proof, cost: DerivationCost) throws(Failure) -> Int32 {
        guard hasFreeSlot else { throw Failure(.vault, "every key slot is taken; remove one with tazpod vault remove-key first") }
        try setCost(cost)
        let slot = proof.passphrase.withBytes { old in
            new.withBytes { new in
                crypt_keyslot_add_by_passphrase(
                    device, CRYPT_ANY_SLOT, old.bindMemory(to: CChar.self).baseAddress, old.count,
                    new.bindMemory(to: CChar.self).baseAddress, new.count)
            }
        }
        try checkChange(slot)
        return slot
    }

    /// Wipes a slot, which `proof` must leave another of.
    func remove(_ slot: Int32, provenBy proof: borrowing Proof) throws(Failure) {
        guard activeSlots.contains(slot) else {
            throw Failure(.usage, "the vault has no key in slot \(slot); tazpod vault info lists them")
        }
        guard activeSlots.count > 1 else {
            throw Failure(.refused, "that is the last key: without it nobody could open the vault; add another one first")
        }
        if proof.slot == slot { try proveElsewhere(proof) }
        let token = recoveryToken(of: slot)
        try checkChange(crypt_keyslot_destroy(device, slot))
        // The mark of a recovery key that is no more. Other tokens are other programs', and stay.
        if let token, crypt_token_json_set(device, token, nil) < 0 {
            throw Failure(
                .vault, "the key was removed, and the mark of its slot could not be; remove token \(token) with cryptsetup")
        }
    }

    /// Two slots may have the same passphrase.
    private func proveElsewhere(_ proof: borrowing Proof) throws(Failure) {
        for slot in activeSlots where slot != proof.slot {
            do {
                _ = try self.slot(openedBy: proof.passphrase, trying: slot)
                return
            } catch {
                if error.code != .proof { throw error }
            }
        }
        throw Failure(.proof, "that passphrase opens only the slot to be removed; prove with one that stays. Nothing was changed")
    }

    private func setCost(_ cost: DerivationCost) throws(Failure) {
        try checkChange(VaultHeader.withDerivation(cost) { crypt_set_pbkdf_type(device, $0) })
    }

    private func checkChange(_ result: Int32) throws(Failure) {
        if result >= 0 { return }
        throw Failure(.vault, SystemError("change the vault's key slots", errno: -result), next: "nothing was changed")
    }
}
