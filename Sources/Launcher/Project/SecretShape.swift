/// Whether a word looks like a secret: for a file that holds names only, and that is in everybody's checkout.
enum SecretShape {
    /// What well-known services begin their tokens with.
    private static let prefixes = [
        "-----BEGIN", "AGE-SECRET-KEY-", "AIza", "AKIA", "ASIA", "dop_v1_", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-",
        "hvs.", "hvb.", "npm_", "pypi-", "sk-", "sk_live_", "st.", "xoxb-", "xoxp-",
    ]
    /// Shorter than any of their tokens.
    private static let shortestToken = 16
    private static let shortestRandom = 32

    static func matches(_ text: String) -> Bool {
        let isToken = text.count >= shortestToken && prefixes.contains { text.hasPrefix($0) }
        let words = text.split { (character: Character) in " \n\t\"'=,".contains(character) }
        return isToken || isJSONWebToken(text) || hasPasswordInAddress(text) || words.contains { isRandom($0) }
    }

    /// RFC 7519: three parts in base64url, the first of which is an object.
    private static func isJSONWebToken(_ text: String) -> Bool {
        text.hasPrefix("eyJ") && text.count { $0 == "." } == 2
    }

    private static func hasPasswordInAddress(_ text: String) -> Bool {
        guard let scheme = text.range(of: "://") else { return false }
        let authority = text[scheme.upperBound...].prefix { $0 != "/" }
        guard let at = authority.lastIndex(of: "@") else { return false }
        return authority[..<at].contains(":")
    }

    /// Long, of one word, and of more kinds of characters than names have.
    private static func isRandom(_ word: Substring) -> Bool {
        guard word.count >= shortestRandom,
            word.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+_-".contains($0) || $0 == "/") })
        else { return false }
        let digits = word.count { $0.isNumber }
        if isUUID(word) { return false }
        if word.allSatisfy({ $0.isHexDigit && !$0.isUppercase }) { return digits > 0 && word.count >= 40 }
        // A path or an identifier in words has few digits and long runs of one case.
        let changes = zip(word, word.dropFirst()).count { kind($0) != kind($1) }
        return digits >= 3 && word.contains { $0.isUppercase } && word.contains { $0.isLowercase } && changes * 3 >= word.count
    }

    private static func isUUID(_ word: Substring) -> Bool {
        let parts: [Substring] = word.split(separator: "-" as Character, omittingEmptySubsequences: false)
        return parts.map { $0.count } == [8, 4, 4, 4, 12]
    }

    private static func kind(_ character: Character) -> Int {
        character.isNumber ? 0 : character.isUppercase ? 1 : character.isLowercase ? 2 : 3
    }
}

extension String {
    fileprivate func range(of text: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
