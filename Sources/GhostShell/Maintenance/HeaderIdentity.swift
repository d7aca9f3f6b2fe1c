import CCryptsetup

/// What a header's copies at different times have in common, and those of two vaults have not.
struct HeaderIdentity: Equatable {
    var uuid: String
    /// Of the key that the data is encrypted with.
    var digest: String
    var dataOffset: UInt64
    var sectorSize: Int32

    init(_ header: borrowing VaultHeader) {
        uuid = crypt_get_uuid(header.device).map { String(cString: $0) } ?? ""
        digest = header.json.flatMap { HeaderIdentity.digest(json: $0) } ?? ""
        dataOffset = crypt_get_data_offset(header.device)
        sectorSize = crypt_get_sector_size(header.device)
    }

    /// The first digest of the header's metadata. A quotation mark in a text is written with a backslash before it, so that the
    /// keys that are looked for are no text.
    static func digest(json: String) -> String? {
        let text = json.filter { !$0.isWhitespace }
        guard let all = text.firstRange(of: "\"digests\":{"),
            let start = text[all.upperBound...].firstRange(of: "\"digest\":\"")
        else { return nil }
        let value = text[start.upperBound...].prefix { $0 != "\"" }
        return value.isEmpty ? nil : String(value)
    }
}
