import CLinux
import Contract

/// Why Infisical says no. A token that is over comes as 401 or as 403, and only the error's name tells it from a missing permission.
enum InfisicalRefusal: Equatable {
    case token
    case permission
    case project
    /// No server of Infisical answers at that address.
    case address
    case other

    /// Statuses that are looked at here.
    static let statuses: Set<Int> = [400, 401, 403, 404, 422]

    /// - Parameters:
    ///   - error: The error's name in the answer.
    ///   - message: Its text.
    init(status: Int, error: String?, message: String?) {
        switch (status, error) {
        case (401, _), (403, "TokenError"): self = .token
        case (404, _) where message?.hasPrefix("Service token") == true: self = .token
        case (403, _): self = .permission
        case (404, "NotFound"): self = .project
        case (404, _): self = .address
        default: self = .other
        }
    }

    init(_ answer: HTTPResponse) {
        let problem = try? answer.json().root
        self.init(status: answer.status, error: problem?["error"]?.text, message: problem?["message"]?.text)
    }
}
