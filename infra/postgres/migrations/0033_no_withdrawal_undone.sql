-- Rights that were withdrawn stay withdrawn: nothing deletes such a row, in this version or the one before.
REVOKE DELETE ON withdrawals FROM acceptor;
