import CLinux

/// The paths that a program's name can mean, in the order in which they are tried.
///
/// As execvp(3) of glibc finds them, whichever C library we are linked with; and all before fork(2), because what runs after it
/// may not allocate.
public struct ProgramSearch {
    public let paths: [[UInt8]]

    /// - Parameter environment: The program's own, whose PATH counts.
    public init(_ name: [UInt8], environment: [[UInt8]]) {
        let slash = UInt8(ascii: "/")
        if name.isEmpty || name.contains(slash) {
            paths = [name]
            return
        }
        let prefix = [UInt8]("PATH=".utf8)
        let search = environment.first { $0.starts(with: prefix) }.map { $0.dropFirst(prefix.count) } ?? ProgramSearch.standard
        paths = search.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map {
            $0.isEmpty ? name : $0 + [slash] + name
        }
    }

    private static var standard: ArraySlice<UInt8> { [UInt8]("/bin:/usr/bin".utf8)[...] }

    /// Whether one of the paths is there, whatever kept it from being run.
    public var isThere: Bool {
        paths.contains { CStringArray([$0]).pointer[0].map { access($0, F_OK) == 0 } ?? false }
    }
}
