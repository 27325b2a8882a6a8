#pragma once

#include <string>

namespace troupe::netlab {

/// A file descriptor, closed with this object.
class File {
 public:
  File() = default;
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(File&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  File& operator=(File&& other) noexcept;
  ~File();

  int get() const { return descriptor_; }

 private:
  int descriptor_ = -1;
};

struct HostOptions {
  std::string address;  ///< IPv4; all addresses that differ in the last byte only are on the same network.
  int mtu = 1500;
  bool own_namespace = true;  ///< False: the device is put where this process is.
};

/// A host of the laboratory: a network namespace whose only ways out are its loopback and a TUN device, of which we
/// hold the other end. Neither has a name in the file system, so the kernel removes both when this process ends,
/// however it ends (the namespace, once the processes in it have ended too).
struct Host {
  File device;
  File network;  ///< The namespace.

  /// Throws std::system_error, if the kernel refuses it: it needs CAP_NET_ADMIN, CAP_SYS_ADMIN and /dev/net/tun.
  explicit Host(const HostOptions& options);
};

/// A network 198.18.x.0/24 that no other laboratory of this machine uses until this process ends; these addresses are
/// set apart for measurements by RFC 2544, so nothing real is hidden. Throws std::runtime_error if all are taken.
struct Subnet {
  File lock;
  std::string prefix;  ///< "198.18.7."

  Subnet();
};

}  // namespace troupe::netlab
