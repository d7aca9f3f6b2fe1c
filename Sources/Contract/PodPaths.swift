/// Where things are inside a pod.
public enum PodPaths {
    /// What init and the launcher agree on; root's, world-readable.
    public static let runtime = "/run/tazpod"
    public static let controlSocket = "/run/tazpod/control.sock"
    /// Where services say that they are ready (sd_notify(3)).
    public static let notifySocket = "/run/tazpod/notify.sock"
    /// What every tmux of the pod begins with (`TerminalDefaults`).
    public static let tmuxConfig = "/run/tazpod/tmux.conf"
    /// Root's alone (0700): what lies below cannot be reached from the public area.
    public static let privateDirectory = "/run/tazpod/private"
    /// The folder of the vault's image, when the plan mounted it out of the public area's reach.
    public static let vaultDirectory = "/run/tazpod/private/vault"
    public static let workspace = "/workspace"
    /// Where the project's `.tazpod` is seen, read-only, when the workspace is a part of the project that has it not.
    public static let project = "/run/tazpod/project"
    /// In the vault: what `tazpod pull` has pulled into it. Where it is not, there are no variables to give anybody.
    public static let pulledIndex = ".tazpod/pulled"
    /// Where an engine puts a pod's secrets, as files.
    public static let secrets = "/run/secrets"
    /// First in the public area's PATH: under the names of the tools that start in a ghost alone, links to `tazpod`.
    public static let ghostOnly = "/run/tazpod/ghost-only"
    /// TazPod's programs in an image: in its own, and mounted into one that has none.
    public static let programs = "/usr/local/bin"
    /// What they need in an image that has nothing of it: a C library with its loader, other libraries, and in `bin` tools.
    public static let bundle = "/usr/local/lib/tazpod"
}

/// The environment variables by which a plan tells `tazpod-init` and `tazpod-ghost` about the pod. None holds a secret.
public enum PodVariable {
    /// The workspace user's name.
    public static let user = "TAZPOD_USER"
    /// The number that the workspace user gets where the image has no such user; not set where one is expected.
    public static let newUser = "TAZPOD_NEW_USER"
    /// The project's name.
    public static let project = "TAZPOD_PROJECT"
    /// Path of the vault's image, inside the pod.
    public static let vault = "TAZPOD_VAULT"
    /// Size of a new vault, in bytes.
    public static let vaultSize = "TAZPOD_VAULT_SIZE"
    /// `auto`, `dmcrypt`, `fuse` or `ram`.
    public static let vaultDriver = "TAZPOD_VAULT_DRIVER"
    /// Seconds between two saves of a vault in memory (driver `ram`).
    public static let vaultSaveEvery = "TAZPOD_VAULT_SAVE_EVERY"
    /// Seconds without input on a terminal after which the vault is locked; not set for never.
    public static let lockAfter = "TAZPOD_LOCK_AFTER"
    /// Names that the vault keeps and the ghost sees in its home, separated by colons.
    public static let bridges = "TAZPOD_BRIDGES"
    /// Groups of system calls (`RefusedCalls`) that the ghost may use nevertheless, separated by colons.
    public static let allowedCalls = "TAZPOD_ENCLAVE_ALLOW"
    /// Names of tools that start in a ghost alone, separated by colons.
    public static let ghostOnly = "TAZPOD_GHOST_ONLY"
    /// A token that proves, at `attach` and `exec --ghost`, that the host that unlocked is asking again.
    public static let token = "TAZPOD_ATTACH_TOKEN"
    /// The token that counts from the next successful unlock on.
    public static let nextToken = "TAZPOD_NEXT_ATTACH_TOKEN"
}
