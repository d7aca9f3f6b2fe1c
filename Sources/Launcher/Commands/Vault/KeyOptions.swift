import ArgumentParser

/// Where the passphrase that proves who asks comes from.
struct KeyOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Read the passphrase, one line, from this descriptor.", valueName: "n"))
    var passphraseFd: Int32?

    @Option(help: ArgumentHelp("Use all of this file as the passphrase, byte for byte; - is standard input.", valueName: "file"))
    var keyFile: String?

    /// As a host's tazpod calls us.
    @Flag(help: .hidden)
    var framed = false

    func validate() throws {
        if passphraseFd != nil && keyFile != nil { throw ValidationError("give --passphrase-fd or --key-file, not both") }
    }

    var origin: SecretOrigin? {
        if framed { return .framed }
        return passphraseFd.map { .line($0) } ?? keyFile.map { .file($0) }
    }
}

/// Where a second passphrase comes from.
struct NewKeyOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Read the new passphrase, one line, from this descriptor.", valueName: "n"))
    var newPassphraseFd: Int32?

    @Option(help: ArgumentHelp("Use all of this file as the new passphrase.", valueName: "file"))
    var newKeyFile: String?

    @Flag(help: .hidden)
    var newFramed = false

    func validate() throws {
        if newPassphraseFd != nil && newKeyFile != nil {
            throw ValidationError("give --new-passphrase-fd or --new-key-file, not both")
        }
    }

    var origin: SecretOrigin? {
        if newFramed { return .framed }
        return newPassphraseFd.map { .line($0) } ?? newKeyFile.map { .file($0) }
    }
}
