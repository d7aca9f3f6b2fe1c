import CLinux
import Contract
import Linux

/// Where a passphrase comes from.
enum PassphraseSource {
    /// Asked for on a terminal, which this descriptor is open on.
    case terminal(Int32)
    /// One line read from a descriptor (`--passphrase-fd`), byte by byte: what follows the line is somebody else's.
    case descriptor(Int32)
    /// All of a key file (`--key-file`), byte for byte, as cryptsetup's option of that name takes it.
    case file(Int32)
    /// A line with a number, and that many bytes.
    case framed(Int32)

    var descriptor: Int32 {
        switch self {
        case .terminal(let descriptor), .descriptor(let descriptor), .file(let descriptor), .framed(let descriptor): descriptor
        }
    }

    /// LUKS2 tools take up to 512 bytes of a typed passphrase.
    static let maximumLength = 512
    /// The largest key file. Keys are of 32 to 4096 bytes; more than that is somebody's holiday photo.
    static let maximumFileLength = 16 * 1024

    /// Reads one passphrase, without its newline.
    ///
    /// - Parameter prompt: What is asked on a terminal.
    /// - Throws: code 5 when it is empty, too long, or does not come.
    func read(prompt: String) throws(Failure) -> SecretBuffer {
        var secret = try SecretBuffer.make(capacity: capacity)
        switch self {
        case .descriptor(let descriptor): try readLine(descriptor, into: &secret)
        case .file(let descriptor): try readFile(descriptor, into: &secret)
        case .framed(let descriptor): try readFrame(descriptor, into: &secret)
        case .terminal(let descriptor):
            let silence = try SilentTerminal(descriptor, prompt: prompt)
            try readLine(descriptor, into: &secret)
            silence.end()
        }
        if secret.count == 0 { throw Failure(.proof, "the passphrase is empty; an empty one is never accepted") }
        return secret
    }

    private var capacity: Int {
        switch self {
        case .terminal, .descriptor: PassphraseSource.maximumLength
        case .file, .framed: PassphraseSource.maximumFileLength
        }
    }

    private func readFile(_ descriptor: Int32, into secret: inout SecretBuffer) throws(Failure) {
        try failing(.proof, next: "a key file has up to \(PassphraseSource.maximumFileLength) bytes") { () throws(SystemError) in
            try secret.appendAll(from: descriptor)
        }
    }

    private func readFrame(_ descriptor: Int32, into secret: inout SecretBuffer) throws(Failure) {
        let length = try PassphraseSource.frameLength(descriptor)
        while secret.count < length {
            var byte: UInt8 = 0
            let got = try failing(.proof) { () throws(SystemError) in
                try retrying("read the passphrase") { CLinux.read(descriptor, &byte, 1) }
            }
            guard got == 1, secret.append(byte) else {
                throw Failure(.proof, "no passphrase came: the input ended before all of it")
            }
        }
    }

    private static func frameLength(_ descriptor: Int32) throws(Failure) -> Int {
        var line = try SecretBuffer.make(capacity: 8)
        let came = try failing(.proof) { () throws(SystemError) in try line.appendLine(from: descriptor) }
        let length = line.withBytes { Int(String(decoding: $0, as: UTF8.self)) }
        guard came, let length, length >= 0, length <= maximumFileLength else {
            throw Failure(.proof, "no passphrase came: the input ended before it")
        }
        return length
    }

    private func readLine(_ descriptor: Int32, into secret: inout SecretBuffer) throws(Failure) {
        let came = try failing(.proof) { () throws(SystemError) in try secret.appendLine(from: descriptor) }
        if !came { throw Failure(.proof, "no passphrase came: the input ended before a line of it") }
    }
}

/// A terminal with its echo off, while a passphrase is typed (termios(3)).
private struct SilentTerminal: ~Copyable {
    private let descriptor: Int32
    private var saved = termios()

    init(_ descriptor: Int32, prompt: String) throws(Failure) {
        self.descriptor = descriptor
        guard tcgetattr(descriptor, &saved) == 0 else {
            throw Failure(.proof, "there is no terminal to ask for the passphrase on; use --passphrase-fd N")
        }
        var silent = saved
        silent.c_lflag &= ~tcflag_t(ECHO)
        silent.c_lflag |= tcflag_t(ICANON | ISIG | ECHONL)
        // What was typed before the prompt was not typed as a passphrase.
        tcsetattr(descriptor, TCSAFLUSH, &silent)
        let text = [UInt8](prompt.utf8)
        _ = text.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }

    consuming func end() {}

    deinit {
        var saved = saved
        tcsetattr(descriptor, TCSANOW, &saved)
    }
}
