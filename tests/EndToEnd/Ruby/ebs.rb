# A client of 2011 with volumes of AWS: all of v1 on a volume that is free, and a deletion that is refused. Prints what it saw, as JSON.
require 'json'
require 'rest-client'

base = ENV.fetch('OCTAVO_URL').chomp('/')
free = ENV.fetch('OCTAVO_VOLUME')
attached = ENV.fetch('OCTAVO_ATTACHED')
patience = 60
headers = {
  'X-Scalarium-Token' => ENV.fetch('OCTAVO_TOKEN'),
  'Accept' => 'application/vnd.scalarium-v1+json'
}

def parsed(reply)
  JSON.parse(reply.body)
end

list = parsed(RestClient.get("#{base}/api/volumes", headers))
show = parsed(RestClient.get("#{base}/api/volumes/#{free}", headers))
before = parsed(RestClient.get("#{base}/api/volumes/#{free}/snapshots", headers))
taken = parsed(RestClient.post("#{base}/api/volumes/#{free}/snapshot", nil, headers))

seen = [taken]
deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + patience
until seen.last['status'] == 'completed' || Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline
  sleep 0.1
  seen += parsed(RestClient.get("#{base}/api/volumes/#{free}/snapshots", headers))
end

refused =
  begin
    RestClient.delete("#{base}/api/volumes/#{attached}", headers)
    { status: 200 }
  rescue RestClient::Exception => e
    { error: e.class.name, status: e.http_code, errors: JSON.parse(e.response.body)['errors'] }
  end

deleted = RestClient.delete("#{base}/api/volumes/#{free}", headers)

puts JSON.generate(
  listed: list.size, show: show, before: before, seen: seen.uniq, refused: refused,
  deleted: { status: deleted.code, body: deleted.body }, left: parsed(RestClient.get("#{base}/api/volumes", headers)).size
)
