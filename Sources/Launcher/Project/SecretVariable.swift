/// Names that a secret may have in the ghost's environment.
enum SecretVariable {
    /// Variables that make a shell, the loader or an interpreter run or load what they name: whoever can write the project's files
    /// would run code in the ghost with them. TazPod's and tmux's own names too. And proxies: with an authority of its own
    /// (`ca_file`) a project would be between the ghost and a server that it is logged in to.
    private static let refused: Set<String> = [
        "BASHOPTS", "BASH_ENV", "CDPATH", "EDITOR", "ENV", "FPATH", "GCONV_PATH", "HOME", "IFS", "LESSCLOSE", "LESSOPEN",
        "LOCPATH", "LOGNAME", "MAILPATH", "MANPAGER", "NODE_OPTIONS", "NODE_PATH", "PAGER", "PATH", "PERL5DB", "PERL5LIB",
        "PERL5OPT",
        "PROMPT_COMMAND", "PS0", "PS1", "PS2", "PS4", "PWD", "PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "RUBYLIB", "RUBYOPT",
        "SHELL", "SHELLOPTS", "TERM", "TERMINFO", "TMPDIR", "TMUX", "USER", "VISUAL", "XDG_RUNTIME_DIR", "ZDOTDIR",
    ]
    private static let refusedPrefixes = ["BASH_FUNC_", "DYLD_", "GIT_", "LC_", "LD_", "TAZPOD_"]

    static func isName(_ text: String) -> Bool {
        let isLetter = { (character: Character) in character.isASCII && (character.isLetter || character == "_") }
        guard let first = text.first, isLetter(first), text.count <= 200 else { return false }
        return text.allSatisfy { isLetter($0) || ($0.isASCII && $0.isNumber) }
    }

    static func isRefused(_ name: String) -> Bool {
        refused.contains(name) || refusedPrefixes.contains { name.hasPrefix($0) } || name.uppercased().hasSuffix("_PROXY")
    }
}
