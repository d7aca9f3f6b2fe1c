/// What libcryptsetup's interface does not tell of the data segment, read from the header's JSON (LUKS2 on-disk format, section
/// 3.3). The two keys that are looked for occur in segments only, and TazPod opens headers with exactly one.
struct SegmentMetadata: Equatable {
    /// Added to the number of a sector, for its initialization vector.
    var ivTweak: UInt64

    /// - Parameter json: The metadata as `crypt_dump_json` gives it, with or without white space.
    /// - Returns: nil unless there is one segment, and that reaches to the end of the image.
    init?(json: String) {
        let text = json.filter { !$0.isWhitespace }
        let tweaks = SegmentMetadata.parts(of: text, after: "\"iv_tweak\":\"")
        guard tweaks.count == 1, SegmentMetadata.parts(of: text, after: "\"size\":\"dynamic\"").count == 1,
            let tweak = UInt64(tweaks[0].prefix { $0 != "\"" })
        else { return nil }
        ivTweak = tweak
    }

    private static func parts(of text: String, after key: String) -> [Substring] {
        Array(text.split(separator: key, omittingEmptySubsequences: false).dropFirst())
    }
}
