-- Only practices of one region are told of each other: nothing of another region is read by name.
CREATE OR REPLACE VIEW also_registered AS
SELECT DISTINCT own.person, own.campaign, other.practice,
       (SELECT o.facts ->> 'name' FROM organisations o WHERE o.organisation = other.practice AND o.facts IS NOT NULL
        ORDER BY o.region LIMIT 1) AS name
FROM registrations own
JOIN registrations other ON other.person = own.person AND other.campaign = own.campaign AND other.region = own.region
  AND other.practice <> own.practice AND other.live
WHERE own.live AND me('role') = 'practice' AND own.practice = me('organisation')::uuid
  AND NOT EXISTS (SELECT FROM identities i WHERE i.person = own.person AND i.open);
