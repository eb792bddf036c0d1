"""A planner's hand on the plan: what one change does to it, before anything is stored (decision 0026)."""
