/// What tmux is set to in every pod, before the user's own configuration has its say (tmux(1)).
public enum TerminalDefaults {
    /// Written by `tazpod-init` to `PodPaths.tmuxConfig`; the public area and every ghost begin with it.
    public static let tmux = """
        # Written by tazpod-init. What your own ~/.tmux.conf says counts more.
        set -g default-terminal "tmux-256color"
        # 24-bit colours and the clipboard (OSC 52), on the terminals that are known to have them.
        set -as terminal-features ",xterm*:RGB:clipboard,alacritty*:RGB:clipboard,foot*:RGB:clipboard"
        set -as terminal-features ",wezterm*:RGB:clipboard,tmux*:RGB:clipboard,screen*:clipboard"
        # A program in a pane may set the clipboard, as it may in a terminal of its own.
        set -s set-clipboard on
        set -s escape-time 10
        set -g focus-events on
        set -g mouse on
        set -g history-limit 50000
        set -g status-style "bg=colour236,fg=colour252"
        set -g status-right "#H %H:%M"
        if-shell -F '#{TAZPOD_GHOST}' 'set -g status-style "bg=colour54,fg=colour255"'
        source-file -q /etc/tmux.conf ~/.tmux.conf ~/.config/tmux/tmux.conf

        """
}
