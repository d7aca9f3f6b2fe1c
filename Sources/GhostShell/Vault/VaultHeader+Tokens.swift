import CCryptsetup
import CLinux
import Contract
import Linux

/// Keys that some token gives: systemd's FIDO2 and TPM2 tokens, or others, whose plugins libcryptsetup finds in its own folder
/// (`cryptsetup --help` names it). A pod that has the plugin and its device uses them; any other asks for the passphrase.
extension VaultHeader {
    /// Asks every token that there is a plugin for, until one gives the key.
    ///
    /// - Parameters:
    ///   - source: Where a token's PIN is asked for.
    ///   - say: Tells the person at the terminal what is going on.
    /// - Returns: nil when none gives it; a passphrase may then.
    func volumeKeyFromTokens(_ source: PassphraseSource, say: (String) -> Void) throws(Failure) -> SecretBuffer? {
        for token in tokens where token.isUsable {
            say("Asking token \(token.number) (\(token.type)); touch it if it waits for that.\n")
            if let key = try volumeKey(from: token, source) { return key }
            say("It does not open the vault.\n")
        }
        return nil
    }

    private func volumeKey(from token: HeaderToken, _ source: PassphraseSource) throws(Failure) -> SecretBuffer? {
        var context: OpaquePointer?
        guard crypt_keyslot_context_init_by_token(device, token.number, nil, nil, 0, nil, &context) == 0 else { return nil }
        defer { crypt_keyslot_context_free(context) }
        var key = try SecretBuffer.make(capacity: Int(max(crypt_get_volume_key_size(device), 0)))
        var result = fill(&key, context)
        if result == -ENOANO {
            let pin = try source.read(prompt: "PIN of the token: ")
            // The library keeps no copy of it.
            result = pin.withBytes {
                let status = crypt_keyslot_context_set_pin(device, $0.bindMemory(to: CChar.self).baseAddress, $0.count, context)
                return status == 0 ? fill(&key, context) : status
            }
        }
        guard result >= 0 else { return nil }
        return key
    }

    private func fill(_ key: inout SecretBuffer, _ context: OpaquePointer?) -> Int32 {
        var result: Int32 = 0
        var size = key.capacity
        key.fill { memory in
            result = crypt_volume_key_get_by_keyslot_context(
                device, CRYPT_ANY_SLOT, memory.bindMemory(to: CChar.self).baseAddress, &size, context)
            return result >= 0 ? size : 0
        }
        return result
    }
}
