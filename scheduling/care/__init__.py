"""Rules of care and labour as pure functions: doses, stock, length of a visit, crews, eligibility, wishes."""
