import CLinux

/// A system call that failed: which one, in the words of the step it belongs to, and why.
public struct SystemError: Error, Equatable {
    /// The step that failed, as a verb phrase: "open the vault image".
    public let stage: String
    /// errno(3) as the call left it.
    public let errno: Int32

    public init(_ stage: String, errno: Int32) {
        self.stage = stage
        self.errno = errno
    }

    /// The error of the call that just failed in this thread.
    public static func last(_ stage: String) -> SystemError {
        SystemError(stage, errno: clinux_errno())
    }

    /// "cannot open the vault image: No such file or directory".
    public var sentence: String {
        "cannot \(stage): \(describe(errno: errno))"
    }
}

/// strerror(3) for `errno`, in English whatever the locale.
public func describe(errno: Int32) -> String {
    String(cString: strerror(errno))
}

/// Repeats `call` while it is interrupted by a signal (EINTR), and turns -1 into an error.
///
/// - Parameter stage: The step the call belongs to, for the error.
/// - Returns: What the call returned, which is never negative.
@discardableResult
public func retrying<Result: FixedWidthInteger & SignedInteger>(
    _ stage: String, _ call: () -> Result
) throws(SystemError) -> Result {
    while true {
        let result = call()
        if result >= 0 { return result }
        if clinux_errno() != EINTR { throw SystemError.last(stage) }
    }
}
