/// A line that sets a variable, in the words of a shell.
enum ShellText {
    enum Shell {
        /// bash, zsh and every POSIX shell.
        case posix
        case fish

        init(name: String) {
            self = name == "fish" ? .fish : .posix
        }
    }

    /// Prints the line for `name`.
    ///
    /// Only in quotes, and quotes and backslashes outside of them: both kinds of shell read that alike, byte for byte.
    ///
    /// - Parameter isExported: Otherwise it is the shell's alone.
    static func set(
        _ name: String, _ value: UnsafeRawBufferPointer, in shell: Shell, isExported: Bool, _ text: inout SecretPrinter
    ) {
        switch (shell, isExported) {
        case (.posix, true): text.append("export \(name)=")
        case (.posix, false): text.append("\(name)=")
        case (.fish, true): text.append("set -gx \(name) ")
        case (.fish, false): text.append("set -g \(name) ")
        }
        text.append("'")
        for byte in value {
            switch byte {
            case UInt8(ascii: "'"): text.append("'\\''")
            case UInt8(ascii: "\\"): text.append("'\\\\'")
            default: text.append(byte)
            }
        }
        text.append("'\n")
    }
}
