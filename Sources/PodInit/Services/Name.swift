/// The name of a service or of a session: letters, digits, `.`, `_` and `-`, not beginning with a dot or a dash, at most 64.
struct Name: Hashable {
    static let maximumLength = 64

    let bytes: [UInt8]

    init?(_ bytes: [UInt8]) {
        guard let first = bytes.first, bytes.count <= Name.maximumLength, bytes.allSatisfy({ Name.isAllowed($0) }),
            first != UInt8(ascii: "."), first != UInt8(ascii: "-")
        else { return nil }
        self.bytes = bytes
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
