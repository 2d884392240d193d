import { banned, eventTypes, mapped } from '../hand-written-mapping.ts';
import { runRef, settings } from '../settings.ts';

/** A text as SQL. */
const text = (value: string) => `'${value.replaceAll("'", "''")}'`;
/** A property, as text: DuckDB reads the object as a map, objects and lists in it as their JSON. */
const p = (name: string) => `p[${text(name)}]`;
const list = (values: Iterable<string>) => [...values].map(text).join(', ');
const usable = (id: string) => `if(${id} = '' or lower(trim(${id})) in (${list(banned)}), null, ${id})`;
const whole = (name: string) => `try_cast(${p(name)} as bigint)`;
const filled = (name: string) => `nullif(${p(name)}, '')`;
const natural = (name: string) => `if(${whole(name)} >= 0, ${whole(name)}, null)`;

const eventType = [...eventTypes].map(([name, type]) => `when ${text(name)} then ${text(type)}`).join(' ');
const identity = (id: string, state: string, isPrimary: string) =>
  `if(${id} is null, null, [{id: ${id}, authenticatedState: '${state}', "primary": ${isPrimary}}])`;

/** Making a map of the rest takes DuckDB three times as long as writing it as JSON. */
const others = `('{' || array_to_string(list_transform(
    list_filter(map_entries(p), lambda e: e.value <> '' and e.key not in (${list(mapped)})),
    lambda e: to_json(case when starts_with(e.key, '$') then 'mixpanel_' || substr(e.key, 2) else e.key end)
      || ':' || to_json(e.value)), ',') || '}')::json`;

/**
 * The default mapping as a statement of DuckDB, in the fastest of the ways that were tried. Nulls are left out of the
 * rows by `json_merge_patch`, as Platform takes none; empty objects stay in them.
 */
export function defaultMappingSql(inputs: readonly string[], output: string): string {
  return `
copy (
  with lines as (
    select event, properties as p, ${p('time')}::bigint as ms, starts_with(${p('distinct_id')}, '$device:') as is_device
    from read_json([${list(inputs)}], format = 'newline_delimited',
      columns = {event: 'VARCHAR', properties: 'MAP(VARCHAR, VARCHAR)'})),
  people as (
    select *, ${usable(p('$user_id'))} as person,
      coalesce(${usable(p('$device_id'))}, if(is_device, ${usable(`substr(${p('distinct_id')}, 9)`)}, null)) as device,
      if(is_device, null, ${usable(p('distinct_id'))}) as distinct_id
    from lines),
  xdm as (
    select
      substr(sha256('[1,' || to_json(event) || ',' || to_json(${p('$insert_id')}) || ',' || ms || ','
        || to_json(coalesce(${p('$distinct_id_before_identity')}, ${p('distinct_id')})) || ']'), 1, 32) as _id,
      strftime(epoch_ms(ms), '%Y-%m-%dT%H:%M:%S.%gZ') as timestamp,
      case event ${eventType} else event end as eventType,
      {MIXPANELUSER: ${identity('person', 'authenticated', 'true')},
       MIXPANELDEVICE: ${identity('device', 'ambiguous', 'person is null')},
       MIXPANEL: ${identity('distinct_id', 'ambiguous', 'person is null and device is null')}} as identityMap,
      {type: case when ${p('$browser')} is not null then 'browser'
          when ${p('$app_version_string')} is not null or ${p('$app_build_number')} is not null then 'application' end,
       browserDetails: {name: ${filled('$browser')}, version: ${filled('$browser_version')}},
       operatingSystem: ${filled('$os')}, operatingSystemVersion: ${filled('$os_version')}, carrier: ${filled('$carrier')},
       connectionType: if(${p('$wifi')} = 'true', 'wireless_wifi', null),
       viewportHeight: ${natural('$viewportHeight')}, viewportWidth: ${natural('$viewportWidth')}} as environment,
      {manufacturer: coalesce(${filled('$manufacturer')}, ${filled('$brand')}),
       model: coalesce(${filled('$model')}, ${filled('$device')}),
       screenHeight: ${whole('$screen_height')}, screenWidth: ${whole('$screen_width')}} as device,
      {geo: {city: ${filled('$city')},
        countryCode: if(regexp_full_match(${p('mp_country_code')}, '[A-Z]{2}'), ${p('mp_country_code')}, null)}} as placeContext,
      {webPageDetails: {URL: ${filled('$current_url')}, name: ${filled('current_page_title')}, server: ${filled('current_domain')}},
       webReferrer: {URL: ${filled('$referrer')}}} as web,
      {campaignName: ${filled('utm_campaign')}, trackingCode: ${filled('utm_id')}} as marketing,
      {version: coalesce(${filled('$app_version_string')}, ${filled('$app_version')})} as application,
      {mixpanel: {event: event, source: ${text(runRef.source)}, projectId: ${text(settings.mixpanel.projectId)},
        date: ${text(runRef.date)}, run: ${text(runRef.run)}, properties: ${others}}} as _acme
    from people)
  select json_merge_patch('{}', to_json(xdm)) from xdm
) to ${text(output)} (format csv, header false, quote '', escape '', delimiter e'\\x01');
`;
}
