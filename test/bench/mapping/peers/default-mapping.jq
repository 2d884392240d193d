# The default mapping as far as jq can say it: it has no SHA-256, so `_id` is the text that the id is the digest of, and
# ids are not trimmed before they are looked up, as its regular expressions would take longer than all the rest.
# $tables: {"eventTypes": {name: type}, "mapped": {name: true}, "banned": {id: true}}; $origin: {source, projectId, date, run}.
def text: if . == null or . == "" or type == "object" or type == "array" then null else tostring end;
def filled: reduce (to_entries[] | select(.value != null)) as $e (null; .[$e.key] = $e.value);
def usable: text | if . == null or $tables.banned[ascii_downcase] then null else . end;
def natural: if type == "number" and . >= 0 then . else null end;
def iso: (. / 1000 | floor | todate | .[:-1]) + "." + ((. % 1000) + 1000 | tostring | .[1:]) + "Z";
def identity($state; $primary): if . == null then null else [{id: ., authenticatedState: $state, primary: $primary}] end;
def identities:
  ((.distinct_id // "") | tostring | startswith("$device:")) as $isDevice
  | (."$user_id" | usable) as $user
  | ((."$device_id" | usable) // (if $isDevice then .distinct_id[8:] | usable else null end)) as $device
  | (if $isDevice then null else .distinct_id | usable end) as $distinct
  | {
      MIXPANELUSER: ($user | identity("authenticated"; true)),
      MIXPANELDEVICE: ($device | identity("ambiguous"; $user == null)),
      MIXPANEL: ($distinct | identity("ambiguous"; $user == null and $device == null))
    } | filled;
def key: if startswith("$") then "mixpanel_" + .[1:] else . end;
def others:
  reduce (to_entries[] | select(.value != null and .value != "" and ($tables.mapped[.key] | not))) as $e
    (null; .[$e.key | key] = ($e.value | tostring));

.event as $event | .properties
| (if ."$browser" != null then "browser"
   elif ."$app_version_string" != null or ."$app_build_number" != null then "application" else null end) as $type
| {
    _id: ([1, $event, ."$insert_id", .time, (."$distinct_id_before_identity" // .distinct_id)] | tojson),
    timestamp: (.time | iso),
    eventType: ($tables.eventTypes[$event] // $event),
    identityMap: identities,
    environment: ({
      type: $type,
      browserDetails: ({name: (."$browser" | text), version: (."$browser_version" | text)} | filled),
      operatingSystem: (."$os" | text),
      operatingSystemVersion: (."$os_version" | text),
      carrier: (."$carrier" | text),
      connectionType: (if ."$wifi" == true then "wireless_wifi" else null end),
      viewportHeight: (."$viewportHeight" | natural),
      viewportWidth: (."$viewportWidth" | natural)
    } | filled),
    device: ({
      manufacturer: ((."$manufacturer" | text) // (."$brand" | text)),
      model: ((."$model" | text) // (."$device" | text)),
      screenHeight: ."$screen_height",
      screenWidth: ."$screen_width"
    } | filled),
    placeContext: ({geo: ({
      city: (."$city" | text),
      countryCode: (.mp_country_code | if type == "string" and length == 2 and (explode | all(. >= 65 and . <= 90)) then . else null end)
    } | filled)} | filled),
    web: ({
      webPageDetails: ({URL: (."$current_url" | text), name: (.current_page_title | text), server: (.current_domain | text)} | filled),
      webReferrer: ({URL: (."$referrer" | text)} | filled)
    } | filled),
    marketing: ({campaignName: (.utm_campaign | text), trackingCode: (.utm_id | text)} | filled),
    application: ({version: ((."$app_version_string" | text) // (."$app_version" | text))} | filled),
    _acme: {mixpanel: ({event: $event} + $origin + {properties: others} | filled)}
  } | filled
