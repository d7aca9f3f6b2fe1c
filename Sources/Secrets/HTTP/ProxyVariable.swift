import Linux

/// The variable whose proxy encrypted connections go through (libcurl-env(3)). Its URL may hold a password: a message has the
/// variable's name, and nothing of its value.
enum ProxyVariable {
    /// In libcurl's order.
    private static let names = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]

    /// The one that counts; nil where none is set.
    static var name: String? { names.first { environmentValue($0)?.isEmpty == false } }

    /// "the proxy of https_proxy", for messages.
    static var words: String { "the proxy of \(name ?? names[0])" }
}
