import Testing

@testable import GhostShell

struct SegmentMetadataTests {
    private func json(segments: String) -> String {
        """
        {
          "keyslots":{"0":{"type":"luks2","key_size":64,"area":{"type":"raw","offset":"32768","size":"258048"}}},
          "tokens":{},
          "segments":{\(segments)},
          "digests":{"0":{"type":"pbkdf2","segments":["0"]}},
          "config":{"json_size":"12288","keyslots_size":"16744448"}
        }
        """
    }

    private func segment(_ tweak: String, size: String = "\"dynamic\"", name: String = "0") -> String {
        """
        "\(name)":{"type":"crypt","offset":"16777216","size":\(size),"iv_tweak":\(tweak),"encryption":"aes-xts-plain64",\
        "sector_size":4096}
        """
    }

    @Test("The tweak of the one segment is read", arguments: [("0", 0), ("1", 1), ("18446744073709551615", UInt64.max)])
    func tweak(text: String, expected: UInt64) {
        #expect(SegmentMetadata(json: json(segments: segment("\"\(text)\"")))?.ivTweak == expected)
    }

    @Test("White space between the parts changes nothing")
    func whiteSpace() {
        let text = json(segments: segment("\"7\"")).replacing(":", with: " :\n\t ").replacing(",", with: " ,\r\n")
        #expect(SegmentMetadata(json: text)?.ivTweak == 7)
    }

    @Test(
        "A tweak that is no number of 64 bits is refused",
        arguments: ["\"\"", "\"x\"", "\"-1\"", "\"18446744073709551616\"", "7", "\"1", "null"])
    func badTweak(text: String) {
        #expect(SegmentMetadata(json: json(segments: segment(text))) == nil)
    }

    @Test("A segment that does not reach to the image's end is refused", arguments: ["\"1048576\"", "\"\"", "dynamic"])
    func size(text: String) {
        #expect(SegmentMetadata(json: json(segments: segment("\"0\"", size: text))) == nil)
    }

    @Test("Two segments are refused, also where one of them would do")
    func twoSegments() {
        let second = segment("\"0\"", size: "\"1048576\"", name: "1")
        #expect(SegmentMetadata(json: json(segments: segment("\"0\"") + "," + second)) == nil)
        #expect(SegmentMetadata(json: json(segments: segment("\"0\"") + "," + segment("\"8\"", name: "1"))) == nil)
    }

    @Test("Metadata without a segment is refused", arguments: ["", "{}", "\"iv_tweak\":\"0\"", "\"size\":\"dynamic\""])
    func nothing(text: String) {
        #expect(SegmentMetadata(json: text) == nil)
        #expect(SegmentMetadata(json: json(segments: text)) == nil)
    }

    @Test("A text that only speaks of a tweak does not count as one")
    func quoted() {
        let token = "\"tokens\":{\"0\":{\"type\":\"note\",\"text\":\"\\\"iv_tweak\\\":\\\"9\\\"\"}}"
        let text = json(segments: segment("\"5\"")).replacing("\"tokens\":{}", with: token)
        #expect(SegmentMetadata(json: text)?.ivTweak == 5)
    }
}
