import CLinux

/// What some tests need of the machine. A test that cannot run here is skipped; `TAZPOD_MUST_RUN=1` makes it run and fail.
public enum Requirement {
    private static var mustRun: Bool { getenv("TAZPOD_MUST_RUN") != nil }

    public static func program(_ path: String) -> Bool { mustRun || access(path, X_OK) == 0 }

    public static var root: Bool { mustRun || geteuid() == 0 }
}
