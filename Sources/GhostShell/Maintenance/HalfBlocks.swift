/// A picture of square modules as text: two rows of it in one line, by the block elements of Unicode. White is drawn and dark is
/// the background, as terminals mostly are; the colours are set, so that it is so on every one.
enum HalfBlocks {
    /// A reader wants this many white modules around a QR code.
    static let quietZone = 4

    private static let begin = "\u{1b}[37;40;1m"
    private static let end = "\u{1b}[0m\n"

    /// - Parameters:
    ///   - width: Of the square, in modules, without the quiet zone.
    ///   - isDark: Whether the module at a column and a row is dark.
    ///   - emit: Gets the text, byte by byte: it may be a secret.
    static func draw(width: Int, isDark: (Int, Int) -> Bool, emit: (UInt8) -> Void) {
        func isWhite(_ column: Int, _ row: Int) -> Bool {
            guard column >= 0, column < width, row >= 0, row < width else { return row < width + quietZone }
            return !isDark(column, row)
        }
        for row in stride(from: -quietZone, to: width + quietZone, by: 2) {
            begin.utf8.forEach(emit)
            for column in -quietZone..<(width + quietZone) {
                let character =
                    switch (isWhite(column, row), isWhite(column, row + 1)) {
                    case (true, true): "█"
                    case (true, false): "▀"
                    case (false, true): "▄"
                    case (false, false): " "
                    }
                character.utf8.forEach(emit)
            }
            end.utf8.forEach(emit)
        }
    }
}
