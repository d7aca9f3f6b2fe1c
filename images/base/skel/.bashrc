# Shells of the pod: the public area's and the ghost's.
case $- in *i*) ;; *) return ;; esac

HISTCONTROL=ignoreboth
HISTSIZE=10000
shopt -s histappend checkwinsize

alias ls='ls --color=auto' ll='ls -l'
command -v eza >/dev/null && alias ls=eza ll='eza -l --git'
command -v nvim >/dev/null && export EDITOR=nvim
command -v zoxide >/dev/null && eval "$(zoxide init bash)"
[ -r /usr/share/doc/fzf/examples/key-bindings.bash ] && . /usr/share/doc/fzf/examples/key-bindings.bash

if [ -n "${TAZPOD_GHOST:-}" ]; then
    PS1='\[\e[1;35m\]ghost\[\e[0m\] \w \$ '
else
    PS1='\[\e[1;32m\]\u@\h\[\e[0m\] \w \$ '
fi
# In a ghost the prompt stays as it is: it says where you are.
[ -z "${TAZPOD_GHOST:-}" ] && command -v starship >/dev/null && eval "$(starship init bash)"
true
