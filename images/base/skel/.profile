if [ -r ~/.bashrc ]; then . ~/.bashrc; fi
