"""Return records: what a practice or the register is told of a dose, as FHIR, as a row of a file and as a text."""
