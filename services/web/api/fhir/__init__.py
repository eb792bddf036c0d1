"""FHIR R4 that comes in: the narrow part of nl-core that a registration needs, and answers as FHIR."""
