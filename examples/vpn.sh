ip netns add srv; ip netns add cli; ip link add v0 netns srv type veth peer name v0 netns cli
ip -n srv addr add 192.0.2.1/24 dev v0; ip -n srv link set v0 up
ip -n cli addr add 192.0.2.2/24 dev v0; ip -n cli link set v0 up
npx vcl init server --dir srv --endpoint 192.0.2.1:51820
ip netns exec srv npx vcl server srv/server.toml & sleep 2
npx vcl init client --dir cli --device vcl1 --invite "$(npx vcl invite -c srv/server.toml | grep vcl-invite)"
ip netns exec cli npx vcl up cli/client.toml --background
ip netns exec cli ping -c 3 10.8.0.1
