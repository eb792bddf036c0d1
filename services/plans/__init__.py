"""Problems and plans outside a running system: their files, solving one, judging one."""
