"""The words of care and work as pure functions: doses, stock, how long a visit lasts, crews, who may be visited."""
