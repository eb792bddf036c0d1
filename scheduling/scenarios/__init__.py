"""What-if: named changes to a copy of the problem, the plan that answers them, and what that costs; nothing here touches what stands."""
