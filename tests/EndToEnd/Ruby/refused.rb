# What a client of 2011 sees where it is refused: the exception's class, and the sentence in its response.
require 'json'
require 'rest-client'

base = ENV.fetch('OCTAVO_URL').chomp('/')
version = { 'Accept' => 'application/vnd.scalarium-v1+json' }
signed = version.merge('X-Scalarium-Token' => ENV.fetch('OCTAVO_TOKEN'))

def refusal
  yield
  { error: 'none', body: '' }
rescue RestClient::Exception => e
  { error: e.class.name, body: e.response.body }
end

puts JSON.generate([
  refusal { RestClient.get("#{base}/api/volumes", version) },
  refusal { RestClient.get("#{base}/api/volumes", version.merge('X-Scalarium-Token' => 'wrong')) },
  refusal { RestClient.get("#{base}/api/volumes/#{'0' * 32}", signed) },
  refusal { RestClient.get("#{base}/api/volumes", signed.merge('Accept' => 'application/vnd.scalarium-v2+json')) },
  refusal { RestClient.put("#{base}/api/volumes", nil, signed) }
])
