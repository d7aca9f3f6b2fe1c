import Contract

/// Fetches secrets for the ghost, inside the enclave and as its user.
@main
enum TazpodSecrets {
    static func main() {
        print("tazpod-secrets \(tazpodVersion)")
    }
}
