import CLinux

/// One line on stderr, in one write, so that lines of several processes do not mix. Standard output is the command's alone.
func log(_ sentence: String) {
    let bytes = [UInt8]("tazpod-init: \(sentence)\n".utf8)
    _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
