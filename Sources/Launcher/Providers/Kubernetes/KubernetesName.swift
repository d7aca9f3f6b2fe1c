/// What a cluster takes as a name: a label of the domain name system (RFC 1123).
enum KubernetesName {
    private static let longest = 63

    static func isLabel(_ text: String) -> Bool {
        !text.isEmpty && text == label(text) && text.count <= longest
    }

    /// The nearest one to a name of ours, which may have `_`, and end with it.
    static func label(_ name: String) -> String {
        let kept = name.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        let inner = kept.drop { $0 == "-" }.prefix(longest).reversed().drop { $0 == "-" }.reversed()
        return String(inner)
    }
}
