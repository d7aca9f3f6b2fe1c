import CLinux
import Linux

/// A keeper that nobody has asked for yet: `tazpod-init` starts it ahead of the first request.
enum Standby {
    /// What ps(1) calls it meanwhile.
    private static let name = "tazpod-standby"
    private static let keeperName = "tazpod-ghost"

    /// Returns when there is a request to read on `commander`, or init has ended. That this process was started, and its libraries
    /// were loaded, is all that there is to do ahead: what more libcrypto could set up would stay in the keeper, which has no use for it.
    static func wait(for commander: borrowing MessageSocket) {
        var watched = pollfd(fd: commander.descriptor.raw, events: Int16(POLLIN), revents: 0)
        if poll(&watched, 1, 0) != 0 { return }
        clinux_set_process_name(name)
        while poll(&watched, 1, -1) < 0 && clinux_errno() == EINTR {}
        clinux_set_process_name(keeperName)
    }
}
