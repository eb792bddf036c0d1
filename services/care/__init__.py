"""Rules of care about one person, pure: shared by the planner, which plans, and the door, which takes people off."""
