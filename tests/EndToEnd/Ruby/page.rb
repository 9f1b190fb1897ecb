# The calls of the 2011 documentation page "Volumes: List, Delete and Snapshot", as they stand there, but for the address, the ids and
# the closing quotes, which the page got wrong. Prints what each of them got, as JSON.
require 'json'
require 'rest-client'

base = ENV.fetch('OCTAVO_URL').chomp('/')
volume = ENV.fetch('OCTAVO_VOLUME')
headers = {
  'X-Scalarium-Token' => ENV.fetch('OCTAVO_TOKEN'),
  'Accept' => 'application/vnd.scalarium-v1+json'
}

replies = [
  RestClient.get("#{base}/api/volumes", headers),
  RestClient.get("#{base}/api/volumes/#{volume}", headers),
  RestClient.get("#{base}/api/volumes/#{volume}/snapshots", headers),
  # Literally so: the hash is taken for a form, and no header of it is sent.
  RestClient.post("#{base}/api/volumes/#{volume}/snapshot", headers),
  RestClient.post("#{base}/api/volumes/#{volume}/snapshot", nil, headers),
  RestClient.delete("#{base}/api/volumes/#{volume}", headers)
]

puts JSON.generate(replies.map { |r| { status: r.code, type: r.raw_headers['content-type'].join, body: r.body } })
