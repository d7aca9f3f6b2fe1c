import Contract

/// What a server knows us by, as far as the vault keeps it.
protocol ServerLogin {
    /// The ways to log in, in the source's own words; the first is the usual one.
    static var methods: [String] { get }

    /// Somebody has logged in before.
    var isKept: Bool { get throws(Failure) }

    /// Asks for what the server takes as proof, tries it, and keeps it.
    func login(_ prompt: LoginPrompt, as method: String) throws(Failure)
}

extension ServerLogin {
    /// - Throws: code 2 when there is no such way.
    func login(_ prompt: LoginPrompt, method: String?) throws(Failure) {
        let method = method ?? Self.methods[0]
        guard Self.methods.contains(method) else {
            throw Failure(.usage, "the method of a login must be one of \(Self.methods.joined(separator: ", "))")
        }
        try login(prompt, as: method)
    }

    /// Logs in where nobody has, and somebody is there to be asked.
    func askIfNeeded() throws(Failure) {
        if LoginPrompt.isSomebodyThere, try !isKept { try login(LoginPrompt(lines: nil), method: nil) }
    }
}
